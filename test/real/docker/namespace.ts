import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

/**
 * Mounts and a network of their own for the processes of one suite. Docker looks for plugins in one
 * folder, whatever the daemon: here it is empty, so that no other daemon's plugins are found, nor ours
 * by others. Ports of a swarm are free, too. Mounts, links and routes are gone with the last process.
 */
export class Namespace {
  /** Keeps it, until the end of its stdin. */
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<Namespace> {
    const script = [
      "mkdir -p /run/docker /etc/docker",
      "mount -t tmpfs plugins /run/docker",
      "mount -t tmpfs plugins /etc/docker",
      "ip link set lo up",
      "echo ready",
      "read x",
    ].join(" && ");
    const holder = spawn("unshare", ["--mount", "--net", "sh", "-c", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout!.once("data", () => resolve());
      holder.on("error", reject);
      holder.on("exit", (code) => reject(new Error(`unshare ended with ${code}`)));
    });
    return new Namespace(holder);
  }

  /** Starts a program in it; the process is the program's own. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    // Whoever enters it stands at its root.
    const there = ["sh", "-c", 'cd "$0" && exec "$@"', String(options.cwd ?? "/")];
    const where = [`--target=${this.#holder.pid}`, "--mount", "--net", ...there];
    return spawn("nsenter", [...where, program, ...args], options);
  }

  /** Its own processes must have ended. */
  async close(): Promise<void> {
    this.#holder.stdin!.end();
    if (this.#holder.exitCode === null) await once(this.#holder, "exit");
  }
}
