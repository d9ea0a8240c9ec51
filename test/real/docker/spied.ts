import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { plainEnvironment } from "../../support/cli.ts";
import { projectPath } from "../../support/paths.ts";
import type { Daemon } from "./daemon.ts";
import { type LocalVolumes, serveLocalVolumes } from "./local-volume.ts";

/** What Docker called, and the body, read. */
export type Call = readonly [path: string, body: Readonly<Record<string, unknown>>];

/** A bridge with `local-volume`, and what Docker calls of it. */
export class Spied {
  readonly volumes: LocalVolumes;
  readonly calls: Call[] = [];
  readonly #process: ChildProcess;
  #heard: () => void = () => {};

  private constructor(volumes: LocalVolumes, process: ChildProcess) {
    this.volumes = volumes;
    this.#process = process;
    let rest = "";
    process.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const [what, body] of lines.map((line) => JSON.parse(line) as [string, string?])) {
        if (body !== undefined) this.calls.push([what, body === "" ? {} : JSON.parse(body)]);
        else this.#heard();
      }
    });
  }

  /** Docker calls the plugin by `name`. */
  static async start(daemon: Daemon, name: string): Promise<Spied> {
    const sockets = daemon.path(`sockets-${name}`);
    await mkdir(sockets);
    const volumes = await serveLocalVolumes(daemon, name, "--socket-dir", sockets);
    const spy = "Deno" in globalThis
      ? ["run", "-A", "--no-check", projectPath("test", "real", "docker", "spy.ts")]
      : [projectPath("build", "test", "real", "docker", "spy.js")];
    await daemon.inside("mkdir", ["-p", "/run/docker/plugins"]);
    const places = [`/run/docker/plugins/${name}.sock`, `${sockets}/${name}.sock`];
    const child = daemon.spawn(process.execPath, [...spy, ...places], {
      env: plainEnvironment(),
      stdio: ["pipe", "pipe", "inherit"],
    });
    const spied = new Spied(volumes, child);
    await spied.#says();
    return spied;
  }

  /** Keeps the answers to a method from Docker. @returns once the plugin has given one */
  async hold(method: string): Promise<void> {
    this.#process.stdin!.write(`${method}\n`);
    await this.#says();
  }

  /** Cuts off the calls whose answers were kept, and keeps none any more. */
  drop(): void {
    this.#process.stdin!.write("\n");
  }

  async stop(): Promise<void> {
    this.#process.kill();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, "exit");
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #says(): Promise<void> {
    return new Promise((resolve) => this.#heard = resolve);
  }
}
