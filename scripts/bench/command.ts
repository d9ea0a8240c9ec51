import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { COMMAND, denoPath, PROJECT } from "../project.ts";
import { runCommand } from "../run-command.ts";

/** A program with its first arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A runtime that can execute `cofferdam check`. */
export interface Runtime {
  /** `Node 20.20.2` */
  readonly name: string;
  /** Starts the runtime, does nothing, ends. */
  readonly bare: Command;
  /** `cofferdam`; wants a verb. */
  readonly cofferdam: Command;
  /** `cofferdam check` with the sample plugin; wants inputs. */
  readonly check: Command;
}

/** What a command cost. */
export interface Cost {
  readonly code: number | null;
  readonly stdout: string;
  /** Peak resident memory in MiB; null where the system has no `/proc`. */
  readonly peakMiB: number | null;
}

const PLUGIN = join(PROJECT, "build", "wasm-plugins", "image-policy.wasm");
const POLL_MS = 10;
const LIMIT_MS = 120_000;

/**
 * The runtimes of this machine: the build on Node, the sources on Deno.
 *
 * @throws {Error} Without a build.
 */
export async function findRuntimes(): Promise<readonly Runtime[]> {
  for (const file of [COMMAND, PLUGIN]) {
    if (!existsSync(file)) {
      throw new Error(`Cannot measure "${file}": it is not there, run "npm run build"`);
    }
  }
  const node = "Deno" in globalThis ? "node" : process.execPath;
  // Deno's own path: what npm links may be a script that starts Node first.
  const deno = await ask(denoPath(), "eval", "console.log(Deno.execPath())");
  const source = join(PROJECT, "src", "cli", "main.ts");
  const check = ["check", "--plugin", PLUGIN];
  return [
    {
      name: `Node ${await ask(node, "-p", "process.versions.node")}`,
      bare: [node, "-e", "0"],
      cofferdam: [node, COMMAND],
      check: [node, COMMAND, ...check],
    },
    {
      name: `Deno ${await ask(deno, "eval", "console.log(Deno.version.deno)")}`,
      bare: [deno, "eval", "0"],
      cofferdam: [deno, "run", "-A", source],
      check: [deno, "run", "-A", source, ...check],
    },
  ];
}

async function ask(program: string, ...args: string[]): Promise<string> {
  const { code, output } = await runCommand(program, args, { env: { NO_COLOR: "1" } });
  if (code === 0) return output.trim().split("\n").at(-1)!;
  throw new Error(`Cannot run "${[program, ...args].join(" ")}": ${output}`);
}

/**
 * Runs a command to its end. Peak memory is the kernel's own high-water mark, read until the process
 * is gone; `ru_maxrss` would not do, since a child begins with its parent's.
 *
 * @param watch Whether to look at its memory; off where every millisecond counts.
 * @throws {Error} When it ends with another code than 0 or 1, or not within two minutes: a check that
 * could not tell has no time worth showing.
 */
export function runToEnd([program, ...args]: Command, watch = false): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: PROJECT,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    let [stdout, stderr] = ["", ""];
    let peakMiB: number | null = null;
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const timer = watch
      ? setInterval(async () => peakMiB = await peakOf(child.pid) ?? peakMiB, POLL_MS)
      : undefined;
    const end = () => clearInterval(timer);
    child.on("error", (error) => {
      end();
      reject(error);
    });
    child.on("close", (code) => {
      end();
      if (code === 0 || code === 1) resolve({ code, stdout, peakMiB });
      else reject(new Error(`"${[program, ...args].join(" ")}" ended with ${code}: ${stderr}`));
    });
  });
}

async function peakOf(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kiB = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kiB === undefined ? null : Number(kiB) / 1024;
}
