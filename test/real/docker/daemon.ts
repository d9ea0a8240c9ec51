import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { runCommand } from "../../../scripts/run-command.ts";
import { plainEnvironment } from "../../support/cli.ts";
import { Bridge, type BridgeOptions } from "./bridge.ts";
import { DOCKER_CLIS, DOCKERD, pathOf } from "./missing.ts";
import { Namespace } from "./namespace.ts";
import { finish, type Finished } from "./finish.ts";

/** The image that {@link Daemon.start} makes: busybox and nothing else. */
export const IMAGE = "busybox:latest";

const APPLETS = ["sh", "cat", "echo", "ls", "sleep", "true", "ip", "ping"];

/** How long it may take to start, and to stop. */
const PATIENCE_MS = 60_000;

/** A Docker daemon of one suite, with folders and sockets of its own. */
export class Daemon {
  /** Holds everything that is made; below a folder that others cannot write. */
  readonly folder: string;
  readonly #namespace: Namespace;
  #process: ChildProcess | undefined;
  readonly #bridges: Bridge[] = [];

  private constructor(folder: string, namespace: Namespace) {
    this.folder = folder;
    this.#namespace = namespace;
  }

  /** Starts a daemon with one image, {@link IMAGE}. */
  static async start(): Promise<Daemon> {
    const daemon = new Daemon(
      await mkdtemp("/var/tmp/cofferdam-docker-"),
      await Namespace.open(),
    );
    try {
      await daemon.configure({});
      await daemon.up();
      await daemon.#makeImage();
      return daemon;
    } catch (error) {
      await daemon.stop();
      throw error;
    }
  }

  get host(): string {
    return `unix://${this.path("docker.sock")}`;
  }

  path(...steps: string[]): string {
    return join(this.folder, ...steps);
  }

  /** Writes its configuration, which {@link reload} and {@link up} read. */
  async configure(config: Record<string, unknown>): Promise<void> {
    await writeFile(this.path("daemon.json"), JSON.stringify(config));
  }

  /** Starts the daemon, which must not run; with these flags besides its own. */
  async up(...flags: string[]): Promise<void> {
    const log = openSync(this.path("dockerd.log"), "a");
    this.#process = this.#namespace.spawn(DOCKERD, [
      ...["-H", this.host, "--config-file", this.path("daemon.json")],
      ...["--data-root", this.path("data"), "--exec-root", this.path("exec")],
      ...["--pidfile", this.path("docker.pid"), "--storage-driver=vfs", "--bridge=none"],
      ..."--iptables=false --ip6tables=false --ip-forward=false --ip-masq=false".split(" "),
      ...flags,
    ], { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    const deadline = Date.now() + PATIENCE_MS;
    // Whatever it answers: an authorization plugin may say no.
    while (await this.ask("GET", "/_ping").catch(() => undefined) === undefined) {
      if (!this.#runs || Date.now() > deadline) {
        throw new Error(`dockerd does not start: ${(await this.log()).slice(-2_000)}`);
      }
      await sleep(100);
    }
  }

  /** Ends the daemon as a service manager would. */
  async down(): Promise<void> {
    if (!this.#runs) return;
    this.#signal("SIGTERM");
    await once(this.#process!, "exit");
  }

  /** Ends the daemon as an accident would. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    if (this.#runs) await once(this.#process!, "exit");
    // Its containerd ends with it. Where nobody buries that one, dockerd would take it for alive.
    const file = this.path("exec", "containerd", "containerd.pid");
    const pid = (await readFile(file, "utf8")).trim();
    const isDead = (stat: string) => /\) [ZX] /.test(stat);
    while (!isDead(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") X "))) {
      await sleep(50);
    }
    await rm(file);
  }

  /** Not by the process' own method: Deno's sends no second signal. */
  #signal(signal: NodeJS.Signals): void {
    process.kill(this.#process!.pid!, signal);
  }

  get #runs(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** Has the daemon read its configuration again, and waits until it says so. */
  async reload(): Promise<void> {
    const before = (await this.log()).split("Reloaded configuration").length;
    this.#signal("SIGHUP");
    const deadline = Date.now() + PATIENCE_MS;
    while ((await this.log()).split("Reloaded configuration").length === before) {
      if (Date.now() > deadline) throw new Error("dockerd does not reload");
      await sleep(50);
    }
  }

  /** What the daemon has logged. */
  log(): Promise<string> {
    return readFile(this.path("dockerd.log"), "utf8");
  }

  /** Runs `docker` to its end, the oldest one where nothing else is said. */
  docker(args: readonly string[], cli: string = DOCKER_CLIS[0]!.path): Promise<Finished> {
    return finish(this.spawnDocker(args, cli));
  }

  /** Runs `docker`. */
  spawnDocker(args: readonly string[], cli: string = DOCKER_CLIS[0]!.path): ChildProcess {
    return spawn(cli, ["-H", this.host, ...args], { env: this.environment() });
  }

  /** Nothing of the user's own configuration, and no other daemon. */
  environment(): NodeJS.ProcessEnv {
    const { DOCKER_CONTEXT: _context, ...env } = plainEnvironment();
    return { ...env, DOCKER_HOST: this.host, DOCKER_CONFIG: this.path("client") };
  }

  /** What `docker` prints; throws where it fails. */
  async done(args: readonly string[], cli?: string): Promise<string> {
    const { code, stdout, stderr } = await this.docker(args, cli);
    if (code === 0) return stdout.trimEnd();
    throw new Error(`docker ${args.join(" ")} ended with ${code}: ${stderr}`);
  }

  /** Wants `docker` to fail with this exit code and these words. */
  async fails(args: readonly string[], code: number, words: RegExp, cli?: string): Promise<void> {
    const finished = await this.docker(args, cli);
    assert.is(finished.code, code, finished.stderr);
    assert.match(finished.stderr, words, finished.stderr);
  }

  /** A call of the daemon's own API, for what no command can be made to send. */
  ask(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers: Record<string, string> = { "Content-Type": "application/json" },
  ): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        { socketPath: this.path("docker.sock"), method, path, headers, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => text += part);
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode!, text }));
        },
      );
      call.on("error", reject);
      call.end(body);
    });
  }

  /** What a program prints that sees the daemon, its mounts and its network. */
  async inside(
    program: string,
    args: readonly string[],
    { cwd, env }: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
  ): Promise<string> {
    const { code, stdout, stderr } = await finish(
      this.#namespace.spawn(program, args, { cwd, env: { ...this.environment(), ...env } }),
    );
    assert.is(code, 0, stderr);
    return stdout;
  }

  /** Starts a program that sees the daemon's mounts and network; whoever starts it ends it. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    return this.#namespace.spawn(program, args, options);
  }

  /** Starts a bridge, which {@link stop} ends. */
  async bridge(options: BridgeOptions): Promise<Bridge> {
    const bridge = await Bridge.start(this.#namespace, options);
    this.#bridges.push(bridge);
    return bridge;
  }

  /** Ends everything that was started, and removes everything that was made. */
  async stop(): Promise<void> {
    // Containers end while the plugins that they need are still there.
    if (this.#runs) await this.#removeContainers();
    await this.down();
    for (const bridge of this.#bridges) await bridge.stop();
    await this.#namespace.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #removeContainers(): Promise<void> {
    const { stdout } = await this.docker(["ps", "-aq"]);
    const ids = stdout.split("\n").filter(Boolean);
    if (ids.length > 0) await this.docker(["rm", "-f", ...ids]);
  }

  async #makeImage(): Promise<void> {
    const bin = this.path("image", "bin");
    await mkdir(bin, { recursive: true });
    await runCommand("cp", [(await pathOf("busybox"))!, join(bin, "busybox")]);
    for (const applet of APPLETS) await symlink("busybox", join(bin, applet));
    const tar = this.path("image.tar");
    await runCommand("tar", ["-C", this.path("image"), "-cf", tar, "."]);
    await this.done(["import", tar, IMAGE]);
  }
}
