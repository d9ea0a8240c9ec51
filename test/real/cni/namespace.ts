import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import process from "node:process";
import { projectPath } from "../../support/paths.ts";
import { runCommand } from "../../../scripts/run-command.ts";

const onDeno = "Deno" in globalThis;

/** Program and first arguments that run a file of this folder on the runtime of the tests. */
export function programOf(name: string): [string, ...string[]] {
  const path = ["test", "real", "cni", name];
  return onDeno
    ? [process.execPath, "run", "-A", "--no-check", `${projectPath(...path)}.ts`]
    : [process.execPath, `${projectPath("build", ...path)}.js`];
}

/** Network namespaces of one test: a host's, and containers'. */
export class Namespaces implements AsyncDisposable {
  readonly #prefix = `cofferdam-${randomBytes(4).toString("hex")}`;
  readonly #names: string[] = [];
  readonly #children: ChildProcess[] = [];

  /** Makes a host and containers of these names. */
  static async make(...containers: string[]): Promise<Namespaces> {
    const made = new Namespaces();
    for (const name of ["host", ...containers]) {
      await run("ip", ["netns", "add", made.nameOf(name)]);
      made.#names.push(name);
    }
    await made.in("host", "ip", "link", "set", "lo", "up");
    return made;
  }

  /** Its name for `ip netns`. */
  nameOf(name: string): string {
    return `${this.#prefix}-${name}`;
  }

  /** Its path. */
  pathOf(name: string): string {
    return `/run/netns/${this.nameOf(name)}`;
  }

  /** A command as it is run in a namespace. `ip netns exec` would give it mounts of its own as well. */
  commandIn(name: string, ...command: readonly string[]): [string, ...string[]] {
    return ["nsenter", `--net=${this.pathOf(name)}`, "--", ...command];
  }

  /** Runs a command in a namespace. @returns What it printed */
  async in(name: string, ...command: readonly string[]): Promise<string> {
    const [program, ...args] = this.commandIn(name, ...command);
    return await run(program, args);
  }

  /** Starts a program of this folder that goes on until the test ends; resolves with its first words. */
  async start(name: string, program: string, ...args: readonly string[]): Promise<string> {
    const [command, ...rest] = this.commandIn(name, ...programOf(program), ...args);
    const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    return await new Promise((resolve, reject) => {
      child.stdout!.once("data", (words) => resolve(String(words)));
      child.once("close", () => reject(new Error(`${program} ended`)));
    });
  }

  /** The names of links, but for the loopback. */
  async links(name: string): Promise<string[]> {
    const shown = JSON.parse(await this.in(name, "ip", "-json", "link")) as { ifname: string }[];
    return shown.map(({ ifname }) => ifname).filter((link) => link !== "lo");
  }

  /** Removes one before its time. */
  async remove(name: string): Promise<void> {
    this.#names.splice(this.#names.indexOf(name), 1);
    await run("ip", ["netns", "del", this.nameOf(name)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const name of this.#names) await run("ip", ["netns", "del", this.nameOf(name)]);
  }
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(program, args);
  if (code !== 0) throw new Error(`${[basename(program), ...args].join(" ")}: ${output}`);
  return output;
}

/** Why namespaces cannot be made here; undefined where they can. */
export async function missingRights(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  for (const program of ["ip", "iptables", "nsenter"]) {
    if ((await runCommand(program, ["-V"])).code !== 0) return `there is no "${program}"`;
  }
  const name = `cofferdam-try-${randomBytes(4).toString("hex")}`;
  const made = await runCommand("ip", ["netns", "add", name]);
  if (made.code !== 0) return `no network namespace can be made: ${made.output.trim()}`;
  await run("ip", ["netns", "del", name]);
  return undefined;
}
