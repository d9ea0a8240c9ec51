import type { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import process from "node:process";

/** What a command did. */
export interface CommandResult {
  /** null when it was ended by a signal. */
  readonly code: number | null;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Whether its output is shown while it runs. */
  readonly show?: boolean;
  /** After so many milliseconds it is killed. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end; does not throw when it fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
      output += chunk.toString();
      if (options.show) target.write(chunk);
    };
    child.stdout.on("data", take(process.stdout));
    child.stderr.on("data", take(process.stderr));
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => {
      output += `\nended after ${options.timeoutMs} ms\n`;
      child.kill("SIGKILL");
    }, options.timeoutMs);
    child.on("error", (error) => output += `\n${error.message}\n`);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
