import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { runCommand } from "../../../scripts/run-command.ts";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { CLI, plainEnvironment } from "../../support/cli.ts";
import { pause, readLineOf } from "../../support/process-fixture.ts";

/** What a command on a machine did. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Something that goes on. */
export interface Running {
  /** Its process, as the machine counts. */
  readonly pid: number;
  /** Resolves once it has said that, by either stream. */
  says(words: string): Promise<void>;
  /** Resolves with its end. */
  readonly ended: Promise<void>;
  /** Sends a signal and waits for the end. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** How a plugin is installed. */
export interface Install {
  readonly settings?: string;
  readonly flags?: readonly string[];
  readonly binDir?: string;
}

/** Folders that a machine sees as they are here, and changes for itself; `/run` and `/dev/shm` are its own. */
const OWN_FOLDERS = ["/etc", "/opt", "/var/lib"];

const BOOT = `set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
for folder in ${OWN_FOLDERS.join(" ")}; do
  own=/run/own$folder
  mkdir -p $own/upper $own/work
  mount -t overlay overlay -o lowerdir=$folder,upperdir=$own/upper,workdir=$own/work $folder
done
rm -rf /etc/cni /opt/cni /var/lib/cni
mkdir -p /etc/cni/net.d /opt/cni/bin
ip link set lo up
echo up
exec cat >/dev/null`;

const UNSHARE = ["--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];

/**
 * A machine in this one, for runtimes whose paths are fixed: it has processes, a network and mounts of its
 * own, and what is written to {@link OWN_FOLDERS}, `/run` and `/dev/shm` is seen by nobody else. All of it ends with it.
 */
export class Machine implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #enter: readonly string[];
  readonly #init: number;
  readonly #running: Set<Running> = new Set();

  private constructor(shell: ChildProcess, init: number) {
    this.#shell = shell;
    this.#init = init;
    this.#enter = ["--target", String(init), "--mount", "--net", "--pid", "--ipc", "--uts", "--"];
  }

  static async make(): Promise<Machine> {
    const shell = spawn("unshare", [...UNSHARE, "--mount-proc", "sh", "-c", BOOT], {
      // By its end it knows of ours, however we end.
      stdio: ["pipe", "pipe", "pipe"],
    });
    await new Promise<void>((resolve, reject) => {
      let output = "";
      shell.stderr.on("data", (chunk) => output += chunk);
      shell.stdout.on("data", (chunk) => String(chunk) === "up\n" && resolve());
      shell.on("error", reject);
      shell.on("close", () => reject(new Error(output.trim())));
    });
    const children = await readFile(`/proc/${shell.pid}/task/${shell.pid}/children`, "utf8");
    return new Machine(shell, Number(children));
  }

  /** Runs a program to its end, or kills it when that is far from near. */
  run(program: string, args: readonly string[] = [], env = {}): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = this.#spawn(["timeout", "--signal=KILL", "120", program, ...args], env);
      let [stdout, stderr] = ["", ""];
      child.stdout!.on("data", (chunk) => stdout += chunk);
      child.stderr!.on("data", (chunk) => stderr += chunk);
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** The same; fails where it fails. @returns What it printed, without the end of the last line */
  async do(program: string, args: readonly string[] = [], env = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, args, env);
    assert.is(code, 0, `${[program, ...args].join(" ")}: ${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  /** Runs a script of the shell; what fails ends it. */
  sh(script: string): Promise<string> {
    return this.do("sh", ["-ec", script]);
  }

  /** Waits until a script of the shell succeeds. */
  async until(script: string): Promise<void> {
    await this.sh(`n=600; until ${script}; do n=$((n - 1)); [ $n != 0 ]; sleep 0.05; done`);
  }

  /** Starts a program that goes on until it is stopped, or the machine ends. */
  async start(program: string, args: readonly string[] = [], env = {}): Promise<Running> {
    const note = `/run/pid-${Math.random().toString(36).slice(2)}`;
    const script = 'echo $$ >"$0"; exec "$@"';
    const child = this.#spawn(["sh", "-c", script, note, program, ...args], env);
    let said = "";
    let hasEnded = false;
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    void ended.then(() => hasEnded = true);
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (chunk) => said += chunk);
    }
    const pid = Number(await readLineOf(this.path(note)));
    const running: Running = {
      pid,
      ended,
      says: async (words) => {
        for (let attempt = 0; attempt < 1_200 && !said.includes(words); attempt++) {
          if (hasEnded) break;
          await pause(50);
        }
        if (!said.includes(words)) throw new Error(`${program} never said "${words}": ${said}`);
      },
      stop: async (signal) => {
        await this.run("kill", [`-${signal.slice("SIG".length)}`, String(pid)]);
        await ended;
        this.#running.delete(running);
      },
    };
    this.#running.add(running);
    return running;
  }

  /** Kills all that was started and still goes on. */
  async stopAll(): Promise<void> {
    for (const one of this.#running) await one.stop("SIGKILL");
  }

  /** Where a file of the machine is seen from outside. */
  path(path: string): string {
    return `/proc/${this.#init}/root${path}`;
  }

  /** Writes files, with their folders; what is no text is written as JSON. */
  async write(files: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(this.path(path)), { recursive: true });
      await writeFile(
        this.path(path),
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
  }

  /** Runs the command of this project. */
  cofferdam(...args: readonly string[]): Promise<string> {
    return this.do(CLI[0], [...CLI[1], ...args]);
  }

  /** Installs a plugin of this project, by its name. */
  async install(type: string, options: Install = {}): Promise<void> {
    const { settings, flags = [], binDir = "/opt/cni/bin" } = options;
    const file = `/etc/cofferdam/${type}.yaml`;
    if (settings !== undefined) await this.write({ [file]: settings });
    await this.cofferdam(
      ...["install", "cni", "--plugin", builtPlugin(type), "--type", type, "--bin-dir", binDir],
      ...(settings === undefined ? [] : ["--settings", file]),
      ...flags,
    );
  }

  /** Starts the daemon. */
  async serve(): Promise<Running> {
    const daemon = await this.start(CLI[0], [...CLI[1], "cni", "serve"]);
    await daemon.says("listens in");
    return daemon;
  }

  /** Names of the links that there are, but for the loopback. */
  async links(): Promise<string[]> {
    const shown = JSON.parse(await this.do("ip", ["-json", "link"])) as { ifname: string }[];
    return shown.map(({ ifname }) => ifname).filter((name) => name !== "lo");
  }

  /** Rules of iptables that `pattern` finds. */
  async rules(pattern: RegExp): Promise<string[]> {
    const rules = await this.do("iptables-save");
    return rules.split("\n").filter((rule) => pattern.test(rule));
  }

  /** The files below some folders, those that are always there left out. */
  async files(...folders: readonly string[]): Promise<string[]> {
    const found = await this.run("find", [...folders, "-type", "f"]);
    return found.stdout.split("\n").filter(Boolean).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#shell.once("close", resolve));
    process.kill(this.#init, "SIGKILL");
    await ended;
  }

  #spawn(command: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    return spawn("nsenter", [...this.#enter, ...command], {
      env: { ...plainEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

/** Why there can be no machines here, or not with these programs; undefined where there can. */
export async function missingMachine(...programs: readonly string[]): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root makes namespaces";
  for (const program of ["unshare", "nsenter", "ip", "iptables", ...programs]) {
    const found = await runCommand("sh", ["-c", 'command -v "$0"', program]);
    if (found.code !== 0) return `there is no "${program}"`;
  }
  try {
    await using _machine = await Machine.make();
    return undefined;
  } catch (error) {
    return `no machine can be made: ${(error as Error).message}`;
  }
}
