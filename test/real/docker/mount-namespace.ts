import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

/**
 * Mounts of their own for the processes of one suite. Docker looks for plugins in one folder, whatever
 * the daemon: here it is empty, so that no other daemon's plugins are found, nor ours by others. What
 * is mounted is gone with the last process.
 */
export class MountNamespace {
  /** Keeps it, until the end of its stdin. */
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<MountNamespace> {
    const script =
      "mkdir -p /run/docker && mount -t tmpfs plugins /run/docker && echo ready && read x";
    const holder = spawn("unshare", ["--mount", "sh", "-c", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout!.once("data", () => resolve());
      holder.on("error", reject);
      holder.on("exit", (code) => reject(new Error(`unshare ended with ${code}`)));
    });
    return new MountNamespace(holder);
  }

  /** Starts a program in it; the process is the program's own. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const { pid } = this.#holder;
    return spawn("nsenter", [`--mount=/proc/${pid}/ns/mnt`, program, ...args], options);
  }

  /** Its own processes must have ended. */
  async close(): Promise<void> {
    this.#holder.stdin!.end();
    if (this.#holder.exitCode === null) await once(this.#holder, "exit");
  }
}
