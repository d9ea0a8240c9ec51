import { spawn } from "node:child_process";
import process from "node:process";
import { COMMAND } from "../../scripts/project.ts";
import { projectPath } from "./paths.ts";

/** What a run of the command did. */
export interface CliResult {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the command is run. */
export interface CliOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  /** Called with the process once it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

const onDeno = "Deno" in globalThis;

/** Program and first arguments of the command on the runtime that the tests run on. */
export const CLI: readonly [string, readonly string[]] = onDeno
  ? [process.execPath, ["run", "-A", "--quiet", projectPath("src", "cli", "main.ts")]]
  : [process.execPath, [COMMAND]];

/** The environment of a child without what would change its output: uvu forces colours, for one. */
export function plainEnvironment(): Record<string, string | undefined> {
  const { COFFERDAM_CONFIG: _config, FORCE_COLOR: _force, ...env } = process.env;
  return { ...env, NO_COLOR: "1" };
}

/** Runs the command as a user would. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(CLI[0], [...CLI[1], ...args], {
      cwd: options.cwd,
      env: { ...plainEnvironment(), ...options.env },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => stdout += chunk);
    child.stderr.on("data", (chunk) => stderr += chunk);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(options.stdin ?? "");
    options.onStart?.(child);
  });
}
