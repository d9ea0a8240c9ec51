import { existsSync } from "node:fs";
import process from "node:process";
import { runCommand } from "../../../scripts/run-command.ts";

/** A `docker` command. */
export interface DockerCli {
  /** `docker 28.2.2` */
  readonly name: string;
  readonly path: string;
}

/** Where Debian and Docker install it. */
const CLI_PATHS = ["/usr/bin/docker", "/usr/local/bin/docker"];

/** The daemon: the one that is installed, or the one that `COFFERDAM_DOCKERD` names. */
export const DOCKERD: string = process.env["COFFERDAM_DOCKERD"] ?? "dockerd";

/** The commands that are there, those of other versions than the ones before them. */
export const DOCKER_CLIS: readonly DockerCli[] = await findClis();

/** Programs besides, by what they are for. */
const PROGRAMS = {
  [DOCKERD]: "the daemon",
  busybox: "the image",
  ip: "networks",
  unshare: "namespaces of its own",
  nsenter: "namespaces of its own",
};

/** Why no Docker daemon can be started here; undefined where one can. */
export async function missingDocker(): Promise<string | undefined> {
  if (process.platform !== "linux") return "Docker's daemon needs Linux";
  if (process.getuid?.() !== 0) return "Docker's daemon needs root";
  if (DOCKER_CLIS.length === 0) return `there is no ${CLI_PATHS.join(", no ")}`;
  for (const [program, what] of Object.entries(PROGRAMS)) {
    if (await pathOf(program) === undefined) return `there is no "${program}", for ${what}`;
  }
  return undefined;
}

/** Where a program is. */
export async function pathOf(program: string): Promise<string | undefined> {
  const { code, output } = await runCommand("sh", ["-c", `command -v ${program}`]);
  return code === 0 ? output.trim() : undefined;
}

async function findClis(): Promise<DockerCli[]> {
  const found = new Map<string, DockerCli>();
  for (const path of CLI_PATHS.filter((path) => existsSync(path))) {
    const version = /\d+\.\d+\.\d+/.exec((await runCommand(path, ["--version"])).output)?.[0];
    if (version !== undefined && !found.has(version)) {
      found.set(version, { name: `docker ${version}`, path });
    }
  }
  return [...found.values()];
}
