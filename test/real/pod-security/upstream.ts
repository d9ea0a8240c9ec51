import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../scripts/run-command.ts";
import { projectPath } from "../../support/paths.ts";

/** The Go module of the standards' own implementation; `go.mod` beside this file says which version. */
const MODULE = "k8s.io/pod-security-admission";

const FOLDER = projectPath("test", "real", "pod-security");

// Never another toolchain than the one that is here.
const ENVIRONMENT = { GOTOOLCHAIN: "local", GOWORK: "off" };

/** The path of what was looked for, or why it cannot be had on this machine. */
export type Found = { readonly path: string } | { readonly unavailable: string };

/** The folder of {@link MODULE} in the module cache. */
export async function findModule(): Promise<Found> {
  const download = await go("mod", "download");
  if (download.code !== 0) return unavailable("go mod download", download.output);
  const { code, output } = await go("list", "-m", "-f", "{{.Dir}}", MODULE);
  const path = output.trim();
  return code === 0 && path !== "" ? { path } : unavailable("go list", output);
}

/** The program in `oracle`, built. */
export async function buildOracle(): Promise<Found> {
  const folder = projectPath(".work", "pod-security");
  await mkdir(folder, { recursive: true });
  const path = join(folder, "Deno" in globalThis ? "oracle-deno" : "oracle-node");
  const { code, output } = await go(
    "build",
    "-trimpath",
    "-buildvcs=false",
    "-o",
    path,
    "./oracle",
  );
  return code === 0 ? { path } : unavailable("go build", output);
}

function go(...args: string[]) {
  return runCommand("go", args, { cwd: FOLDER, env: ENVIRONMENT, timeoutMs: 300_000 });
}

function unavailable(command: string, output: string): Found {
  return { unavailable: `"${command}" says: ${output.trim().split("\n")[0] || "nothing"}` };
}
