import type { JsonObject, JsonValue } from "../json.ts";
import { fileKind } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import {
  asCniFault,
  type CniFailure,
  cniFailureOf,
  complaintOf,
  parseAnswer,
  quoted,
} from "./cni-outcome.ts";
import { shownOutput } from "./output-text.ts";
import type { ProcessResult } from "./process-output.ts";
import type { ProcessRunner } from "./process-runner.ts";

/** What a CNI plugin can be asked. @see CNI SPEC 1.1.0, section 2 */
export type CniCommand = "ADD" | "DEL" | "CHECK" | "STATUS" | "GC" | "VERSION";

/** One execution of a CNI plugin. */
export interface CniExecution {
  readonly type: string;
  readonly command: CniCommand;
  /** The network configuration, which the plugin reads from stdin. */
  readonly config: JsonObject;
  /** Empty where the command has none, as libcni gives it. */
  readonly containerId: string;
  /** Path of the network namespace; may be empty. */
  readonly netns: string;
  readonly ifname: string;
  /** `K=V;K=V` */
  readonly args: string;
  /** CNI_PATH: where the plugin looks for those that it runs itself. */
  readonly folders: readonly string[];
  /** PATH, for the programs that plugins run: `iptables`. */
  readonly path: string;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
}

/** A plugin to run: where it was found, and what is executed for it. */
export interface CniProgram {
  readonly path: string;
  prepare(): Promise<string>;
}

/** True for the name of a plugin's file; never a path. */
export function isPluginType(type: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(type);
}

/**
 * The first regular file of that name, links followed, in the order of the folders; undefined where there
 * is none. As libcni has it, whether it can be executed does not count, and a folder that cannot be looked
 * into is passed over.
 *
 * @throws {PluginError} `input.unreadable` for such a folder, where the others do not have it
 * @see libcni, pkg/invoke/find.go
 */
export async function findInFolders(
  type: string,
  folders: readonly string[],
): Promise<string | undefined> {
  if (!isPluginType(type)) return undefined;
  let unreadable: unknown;
  for (const folder of folders) {
    const path = `${folder.replace(/\/+$/, "")}/${type}`;
    try {
      if (await fileKind(path) === "file") return path;
    } catch (error) {
      unreadable ??= error;
    }
  }
  if (unreadable !== undefined) throw unreadable;
  return undefined;
}

/**
 * Runs a CNI plugin, with the seven variables it may have and none of the host's.
 *
 * @returns What it printed; null for nothing, where nothing is enough.
 * @throws {PluginError} `capability.failed` where it fails, with `details.cni` (a `CniFault`) where it
 *   says how, or where its answer is none; `capability.limit` for too long an answer;
 *   else as {@link ProcessRunner.run}
 */
export async function runCniPlugin(
  runner: ProcessRunner,
  program: CniProgram,
  execution: CniExecution,
  signal: AbortSignal,
): Promise<JsonValue> {
  const { type, command, config, containerId, netns, ifname, args, folders, path } = execution;
  const result = await runner.run({
    name: `plugin "${type}"`,
    argv0: program.path,
    args: [],
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId,
      CNI_NETNS: netns,
      CNI_IFNAME: ifname,
      CNI_ARGS: args,
      CNI_PATH: folders.join(":"),
      PATH: path,
    },
    cwd: "/",
    stdin: new TextEncoder().encode(JSON.stringify(config)),
    timeoutMs: execution.timeoutMs,
    maxOutputBytes: execution.maxOutputBytes,
    prepare: () => program.prepare(),
  }, signal);
  return answerOf(execution, result);
}

function answerOf(execution: CniExecution, result: ProcessResult): JsonValue {
  const { type, command } = execution;
  if (result.truncated) {
    throw new PluginError(
      "capability.limit",
      `Plugin "${type}" wrote more than ${execution.maxOutputBytes} bytes, ` +
        "or left its output open",
    );
  }
  const fail = ({ why, cni }: CniFailure) => {
    const message = `Plugin "${type}" failed at ${command}: ${why}`;
    const fault = cni && asCniFault(cni);
    const details = fault === undefined ? {} : { cni: fault };
    return new PluginError("capability.failed", message, { details });
  };
  const { stdout, stderr } = result;
  const failure = cniFailureOf(result);
  if (failure !== undefined) throw fail(failure);
  const answer = parseAnswer(stdout);
  if (answer === undefined) {
    throw fail({ why: `its answer is not JSON: ${quoted(stdout)}${complaintOf(stderr)}` });
  }
  // Not for null: to libcni that is a result without addresses.
  if (command === "ADD" && shownOutput(stdout) === "") {
    throw fail({ why: `it gave no result${complaintOf(stderr)}` });
  }
  return answer;
}
