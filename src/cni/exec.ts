import { cniFailureOf } from "../capability/cni-outcome.ts";
import { findInFolders, isPluginType } from "../capability/cni-plugin.ts";
import { shownOutput } from "../capability/output-text.ts";
import type { ProcessResult } from "../capability/process-output.ts";
import { ProcessRunner } from "../capability/process-runner.ts";
import { quote } from "../document/source-text.ts";
import { LIMITS } from "../limits.ts";
import { absolutePath } from "../platform/path.ts";
import { environment } from "../platform/process.ts";
import { openProgramFile } from "../platform/program-file.ts";
import { PluginError } from "../plugin-error.ts";
import { decodeVersionInfo, type VersionInfo } from "./version-info.ts";

/** How native plugins are found and run. A program may have its own, in a test for instance. */
export interface Exec {
  /**
   * The path of a plugin's file.
   *
   * @throws {PluginError} `cni.plugin-not-found`, `input.unreadable` for a folder that may not be read
   */
  findInPath(plugin: string, folders: readonly string[]): Promise<string>;
  /**
   * Runs a plugin to its end.
   *
   * @param stdin Reaches it as it is.
   * @param env Its whole environment; undefined for this process's own.
   * @returns What it printed, as it is.
   * @throws {PluginError} `cni.plugin-failed`, with `details.cni` (`{code, msg, details?}`) where the
   *   plugin said what went wrong; `cni.timeout`, `call.aborted`
   */
  execPlugin(
    path: string,
    stdin: Uint8Array,
    env: Readonly<Record<string, string>> | undefined,
    signal?: AbortSignal,
  ): Promise<Uint8Array>;
  /**
   * Reads what a plugin answers to VERSION.
   *
   * @throws {PluginError} `cni.result-malformed`
   */
  decode(answer: Uint8Array): VersionInfo;
}

/** What the default {@link Exec} is made with. */
export interface ExecOptions {
  /** Hears what a plugin wrote to standard error, once it has ended, well or not. */
  readonly onStderr?: ((text: string, plugin: string) => void) | undefined;
  /** One run, in milliseconds. Default: `LIMITS.cniTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** For stdout and stderr each. Default: `LIMITS.processOutputBytes`. */
  readonly maxOutputBytes?: number | undefined;
  /**
   * How long a plugin whose file is being written is tried again, each time as a new process; then it is
   * an error. Default: 6 s, libcni's time.
   */
  readonly busyMs?: number | undefined;
}

const BUSY_MS = 6_000;

/** Runs plugins as processes, each in a group of its own that ends with the call. */
export function createExec(options: ExecOptions = {}): Exec {
  const runner = new ProcessRunner(LIMITS.cniProcesses);
  const timeoutMs = options.timeoutMs ?? LIMITS.cniTimeoutMs;
  const maxOutputBytes = options.maxOutputBytes ?? LIMITS.processOutputBytes;
  const busyMs = options.busyMs ?? BUSY_MS;
  return {
    findInPath,
    execPlugin: async (path, stdin, env = environment(), signal = new AbortController().signal) => {
      const name = `plugin ${quote(path)}`;
      const file = absolutePath(path);
      const run = {
        ...{ name, argv0: path, args: [], env, cwd: absolutePath("."), stdin },
        ...{ timeoutMs, maxOutputBytes, busyMs },
        prepare: () => checkProgram(name, file, busyMs, signal),
      };
      const result = await runner.run(run, signal).catch((error) => {
        throw asCniError(error);
      });
      if (result.stderr.length > 0) {
        options.onStderr?.(new TextDecoder().decode(result.stderr), path);
      }
      checkEnd(name, env["CNI_COMMAND"] ?? "", result, maxOutputBytes);
      return result.stdout;
    },
    decode: decodeVersionInfo,
  };
}

/**
 * Looks at a program before it is started: execvp(3) would give what the kernel does not take to
 * /bin/sh. One that was changed only now may be on its way, and is looked at again. What cannot be
 * opened, the start finds out.
 *
 * @returns The path.
 */
async function checkProgram(
  name: string,
  path: string,
  busyMs: number,
  signal: AbortSignal,
): Promise<string> {
  for (let waitedMs = 0;; waitedMs += LOOK_PAUSE_MS) {
    const file = await openProgramFile(path).catch(() => undefined);
    const quietMs = file === undefined ? 0 : Date.now() - file.stamp().changedAtMs;
    file?.close();
    if (file?.form !== "unknown" || signal.aborted) return path;
    if (waitedMs >= busyMs || quietMs >= busyMs) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_PAUSE_MS));
  }
  const why = 'it is neither a program of this system nor a script that begins with "#!"';
  throw new PluginError("cni.plugin-failed", `Cannot start ${name}: ${why}`);
}

const LOOK_PAUSE_MS = 50;

let common: Exec | undefined;

/** The {@link Exec} of who names none; it ends what still runs when this process does. */
export function defaultExec(): Exec {
  return common ??= createExec();
}

function checkEnd(
  name: string,
  command: string,
  result: ProcessResult,
  maxOutputBytes: number,
): void {
  const what = `${capital(name)} failed${command === "" ? "" : ` at ${command}`}`;
  const fail = (why: string, details: Record<string, unknown> = {}) => {
    const stderr = shownOutput(result.stderr);
    return new PluginError("cni.plugin-failed", `${what}: ${why}`, {
      details: { ...details, ...(stderr === "" ? {} : { stderr }) },
    });
  };
  if (result.truncated) {
    throw fail(`it wrote more than ${maxOutputBytes} bytes, or left its output open`);
  }
  const failure = cniFailureOf(result);
  if (failure === undefined) return;
  const { why, cni } = failure;
  throw fail(why, cni === undefined ? {} : { cni });
}

/** Errors of the process runner, which speaks of what a guest asked for. */
function asCniError(thrown: unknown): PluginError {
  const error = PluginError.from(thrown);
  const options = { details: error.details, cause: error.cause };
  switch (error.code) {
    case "capability.timeout":
      return new PluginError("cni.timeout", error.message, options);
    case "capability.failed":
      return new PluginError("cni.plugin-failed", error.message, options);
    default:
      return error;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The first regular file of that name, links followed, in the order of the folders. Whether it can be
 * executed does not count. A name that is a path, or none that a plugin could have, is refused; a
 * folder without a name would be the current one, and is left out.
 *
 * @returns As the folder is written, absolute or not.
 * @throws {PluginError} `cni.plugin-not-found`, `input.unreadable` for a folder that may not be read
 * @see libcni, pkg/invoke/find.go
 */
export async function findInPath(plugin: string, folders: readonly string[]): Promise<string> {
  const named = folders.filter((folder) => folder !== "");
  const fail = (why: string) => {
    const message = `Cannot find the plugin ${quote(plugin)}: ${why}`;
    return new PluginError("cni.plugin-not-found", message);
  };
  if (plugin === "") throw fail("no name was given");
  if (!isPluginType(plugin)) throw fail("that is no name of a plugin's file");
  if (named.length === 0) throw fail("no folders were given");
  const path = await findInFolders(plugin, named);
  if (path === undefined) throw fail(`it is in none of ${named.join(", ")}`);
  return path;
}
