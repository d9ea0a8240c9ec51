import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";

const LUCI = "go.chromium.org/luci/cipd/client";

type Tool = "driver" | "repository" | "cipd" | "example";

/** What is built from the Go module, by its name. */
const PROGRAMS: Readonly<Record<Tool, string>> = {
  driver: "./driver",
  repository: "./repository",
  cipd: `${LUCI}/cmd/cipd`,
  example: `${LUCI}/cipd/plugin/plugins/admission/example`,
};

const FOLDER = join(PROJECT, ".work", "cipd");

/** The path of a program that {@link buildTools} has built. */
export function tool(name: Tool): string {
  return join(FOLDER, name);
}

/** Builds the programs. @returns Why there are none; undefined where they are there. */
export async function buildTools(): Promise<string | undefined> {
  if ((await runCommand("go", ["version"])).code !== 0) return "Go is not installed";
  await mkdir(FOLDER, { recursive: true });
  const cwd = join(PROJECT, "test", "real", "cipd");
  for (const [name, source] of Object.entries(PROGRAMS)) {
    const args = ["build", "-o", join(FOLDER, name), source];
    const { code, output } = await runCommand("go", args, { cwd });
    if (code !== 0) return `${source} cannot be built: ${output.trim()}`;
  }
  return undefined;
}
