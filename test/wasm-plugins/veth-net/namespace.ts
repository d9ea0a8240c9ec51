import { type ChildProcess, execFile, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Where Debian has it, and others too. */
export const IP = "/usr/bin/ip";

const IS_DENO = "Deno" in globalThis;
const GREETER: string = fileURLToPath(
  new URL(IS_DENO ? "./greeter.ts" : "./greeter.js", import.meta.url),
);

/** One interface, as `ip -json address show` shows it. */
export interface LinkInfo {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** A network namespace of a test's own. */
export class Namespace {
  readonly name: string;
  #greeter: ChildProcess | undefined;

  private constructor(name: string) {
    this.name = name;
  }

  /** Makes one. @throws where this process may not */
  static async make(name: string): Promise<Namespace> {
    const namespace = new Namespace(`cofferdam-${process.pid}-${name}`);
    await execute(IP, ["netns", "add", namespace.name]);
    await namespace.ip("link", "set", "dev", "lo", "up");
    return namespace;
  }

  /** Runs `ip` in it. @returns its output */
  async ip(...args: string[]): Promise<string> {
    return (await execute(IP, ["-n", this.name, ...args])).stdout;
  }

  /** Its interfaces but the loopback, by their names. */
  async links(): Promise<Readonly<Record<string, LinkInfo>>> {
    const list = JSON.parse(await this.ip("-json", "address", "show")) as LinkInfo[];
    return Object.fromEntries(
      list.filter(({ ifname }) => ifname !== "lo").map((link) => [link.ifname, link]),
    );
  }

  /** Greets from now on who connects to it. */
  async startGreeter(): Promise<void> {
    const child = spawn(IP, this.#greeting("server"), { stdio: ["ignore", "pipe", "inherit"] });
    this.#greeter = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`the greeter ended with ${code}`)));
    });
  }

  /** What a greeter at an address says to somebody in here. */
  async greetingOf(address: string): Promise<string> {
    return (await execute(IP, this.#greeting(address))).stdout;
  }

  async remove(): Promise<void> {
    // `ip netns exec` becomes what it executes.
    this.#greeter?.kill("SIGKILL");
    await execute(IP, ["netns", "delete", this.name]).catch(() => {});
  }

  #greeting(role: string): string[] {
    const runtime = IS_DENO ? ["run", "-A", "--no-check"] : [];
    return ["netns", "exec", this.name, process.execPath, ...runtime, GREETER, role];
  }
}

/** Why no namespace can be made here; undefined where one can. */
export async function whyNoNamespace(): Promise<string | undefined> {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "only root can make network namespaces";
  try {
    const probe = await Namespace.make("probe");
    await probe.remove();
    return undefined;
  } catch (error) {
    return `"${IP} netns add" fails: ${(error as Error).message.split("\n")[0]}`;
  }
}
