import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { CLI, plainEnvironment } from "../../support/cli.ts";
import type { Namespace } from "./namespace.ts";

/** How `cofferdam docker serve` is started. */
export interface BridgeOptions {
  /** What Docker calls the plugin by. */
  readonly name: string;
  /** `--plugin …` and what belongs to it. */
  readonly args: readonly string[];
}

/** A `cofferdam docker serve`, on the runtime that the tests run on. */
export class Bridge {
  readonly #namespace: Namespace;
  readonly #options: BridgeOptions;
  #process: ChildProcess;
  /** What it has written to stderr since it was started. */
  stderr = "";

  private constructor(namespace: Namespace, options: BridgeOptions) {
    this.#namespace = namespace;
    this.#options = options;
    this.#process = this.#spawn();
  }

  /** Starts one, and waits until Docker can call it. */
  static async start(namespace: Namespace, options: BridgeOptions): Promise<Bridge> {
    const bridge = new Bridge(namespace, options);
    await bridge.#listens();
    return bridge;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Starts it again, once it has ended. */
  async restart(): Promise<void> {
    this.#process = this.#spawn();
    await this.#listens();
  }

  /** Ends it as an accident would. */
  async kill(): Promise<void> {
    process.kill(this.pid, "SIGKILL");
    if (this.#runs) await once(this.#process, "exit");
  }

  /** Ends it as a service manager would. @returns its exit code, or the signal that ended it */
  async stop(): Promise<number | string | null> {
    if (this.#runs) {
      process.kill(this.pid, "SIGTERM");
      await once(this.#process, "exit");
    }
    return this.#process.exitCode ?? this.#process.signalCode;
  }

  get #runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  #spawn(): ChildProcess {
    const { name, args } = this.#options;
    const command = [...CLI[1], "docker", "serve", "--name", name, ...args];
    const child = this.#namespace.spawn(CLI[0], command, {
      env: plainEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => this.stderr += text);
    return child;
  }

  async #listens(): Promise<void> {
    const child = this.#process;
    const isThere = () => this.stderr.includes(`${this.#options.name} listens on `);
    await new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", () => isThere() && resolve());
      child.on("error", reject);
      child.on("close", (code) => reject(new Error(`it ended with ${code}: ${this.stderr}`)));
    });
  }
}
