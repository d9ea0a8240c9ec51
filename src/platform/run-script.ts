import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import process from "node:process";

/** What a script did. */
export interface ScriptResult {
  /** null when it was ended by a signal, or did not start. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Deno wants its flags before the script; on Node there are none. */
const BEFORE_SCRIPT = "Deno" in globalThis ? ["run", "-A", "--quiet"] : [];

/** Runs a script of an npm package on the runtime that runs us, to its end; does not throw. */
export function runScript(
  path: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly signal?: AbortSignal | undefined },
): Promise<ScriptResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...BEFORE_SCRIPT, path, ...args], {
      cwd: options.cwd,
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Uint8Array) => chunks[name].push(chunk));
    }
    let fault = "";
    child.on("error", (error) => fault = error.message);
    child.on("close", (code) => {
      const text = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString("utf8");
      resolve({ code, stdout: text(chunks.stdout), stderr: text(chunks.stderr) + fault });
    });
  });
}
