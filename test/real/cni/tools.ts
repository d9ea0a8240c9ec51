import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";

const CNI = "github.com/containernetworking/cni";
const PLUGINS = "github.com/containernetworking/plugins/plugins";

/** What is built from the Go modules of `go.mod`, by its name. */
const PROGRAMS: Readonly<Record<string, string>> = {
  driver: "./driver",
  timer: "./timer",
  cnitool: `${CNI}/cnitool`,
  "plugins/noop": `${CNI}/plugins/test/noop`,
  "current/bridge": `${PLUGINS}/main/bridge`,
  "current/host-local": `${PLUGINS}/ipam/host-local`,
  "current/portmap": `${PLUGINS}/meta/portmap`,
  "current/firewall": `${PLUGINS}/meta/firewall`,
};

/** A plugin as it was built with a release of the Go module, and what it says to VERSION. */
export interface Generation {
  readonly release: string;
  readonly source: "first" | "versions" | "check";
  readonly supportedVersions: readonly string[];
}

/** Each release that changed what a plugin answers; the first one was before plugins knew VERSION. */
export const GENERATIONS: readonly Generation[] = [
  { release: "v0.3.0", source: "first", supportedVersions: ["0.1.0"] },
  { release: "v0.4.0", source: "versions", supportedVersions: ["0.2.0", "0.999.0"] },
  { release: "v0.6.0", source: "versions", supportedVersions: ["0.2.0", "0.999.0"] },
  { release: "v0.8.1", source: "check", supportedVersions: ["0.2.0", "0.4.0", "0.999.0"] },
  { release: "v1.1.2", source: "check", supportedVersions: ["0.2.0", "0.4.0", "0.999.0"] },
];

const FOLDER = join(PROJECT, ".work", "cni");

/** The path of what {@link buildTools} has built: a program, or a folder of plugins. */
export function tool(
  name: "driver" | "timer" | "cnitool" | "plugins" | "current" | "generations",
): string {
  return join(FOLDER, name);
}

/** The name of a generation's plugin. */
export function generationName({ release }: Generation): string {
  return `plugin-${release}`;
}

/** Builds the programs. @returns Why there are none; undefined where they are there. */
export async function buildTools(): Promise<string | undefined> {
  if ((await runCommand("go", ["version"])).code !== 0) return "Go is not installed";
  await mkdir(FOLDER, { recursive: true });
  const builds = [
    ...Object.entries(PROGRAMS).map(([name, source]) => ["-o", join(FOLDER, name), source]),
    ...GENERATIONS.map((generation) => [
      ...[`-modfile=generation/${generation.release}.mod`, "-o"],
      join(tool("generations"), generationName(generation)),
      `./generation/${generation.source}`,
    ]),
  ];
  for (const args of builds) {
    const { code, output } = await runCommand("go", ["build", ...args], {
      cwd: join(PROJECT, "test", "real", "cni"),
    });
    if (code !== 0) return `${args.at(-1)} cannot be built: ${output.trim()}`;
  }
  return undefined;
}
