import * as v from "valibot";
import { byName } from "../by-name.ts";
import type { JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { fileKind } from "../platform/file-system.ts";
import { canBecome } from "../platform/foreign-writer.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import {
  compileArguments,
  type FillArguments,
  HOLE_NAME,
  type HoleValues,
} from "./argument-template.ts";
import { checkEnvironment } from "./environment.ts";
import { type ExecCommand, type ExecGrant, ExecGrantSchema } from "./exec-grant.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { checkGrant } from "./grant.ts";
import type { Capability } from "./host-function.ts";
import type { ProcessResult } from "./process-output.ts";
import { ProcessRunner } from "./process-runner.ts";
import { forGuest, openPinned, openUnpinned, type Program } from "./program.ts";
import { outputText, shownOutput } from "./output-text.ts";

interface RunRequest {
  readonly command: string;
  readonly holes?: HoleValues | undefined;
  readonly stdin?: string | undefined;
}

const RunRequestSchema: v.GenericSchema<unknown, RunRequest> = v.strictObject({
  command: v.string(),
  holes: v.optional(byName(HOLE_NAME, v.union([v.string(), v.number()]))),
  stdin: v.optional(v.string()),
});

/**
 * Runs commands that configuration names: `exec_run` takes `{command, holes?, stdin?}` and gives
 * `{code, signal?, stdout, stderr, truncated, encoding?}`. A command that fails is an answer; what was
 * not run to its end is an error. Output that is not UTF-8 is base64, which `encoding` says.
 */
export const exec: Capability<ExecGrant> = {
  name: "exec",
  functions: FUNCTION_NAMES.exec,
  open: async (given) => {
    const { commands: granted } = checkGrant("exec", ExecGrantSchema, given);
    const commands = new Map<string, Command>();
    const close = async () => {
      await Promise.all([...commands.values()].map((command) => command.close()));
    };
    try {
      for (const [name, command] of Object.entries(granted)) {
        commands.set(name, await openCommand(name, command));
      }
    } catch (error) {
      await close();
      throw error;
    }
    const run = jsonFunction("exec", "exec_run", RunRequestSchema, async (request, { signal }) => {
      const command = commands.get(request.command);
      if (command === undefined) {
        const message = `Cannot run command "${
          shownOutput(request.command, 64)
        }": it is not granted`;
        throw new PluginError("capability.denied", message);
      }
      return answerOf(await command.run(request, signal));
    });
    const warnings = [...commands.values()].flatMap((command) => command.warnings);
    return { functions: [run], warnings, close };
  },
};

async function openCommand(name: string, command: ExecCommand): Promise<Command> {
  const where = `command "${name}"`;
  const invalid = (why: string) =>
    new PluginError("config.invalid", `Cannot grant ${where}: ${why}`);
  checkEnvironment(where, command.env ?? {});
  const fill = compileArguments(where, command.arguments);
  if (await fileKind(command.cwd) !== "directory") {
    throw invalid(`there is no folder "${command.cwd}" to run it in`);
  }
  const { user } = command;
  if (user !== undefined && !canBecome(user)) {
    throw invalid(`only root can run it as user ${user.uid}`);
  }
  const program = command.digest === undefined
    ? await openUnpinned(where, command.program)
    : await openPinned(where, command.program, command.digest, user);
  return new Command(where, command, program, fill);
}

class Command {
  readonly #name: string;
  readonly #command: ExecCommand;
  readonly #program: Program;
  readonly #fill: FillArguments;
  readonly #runner: ProcessRunner;

  constructor(name: string, command: ExecCommand, program: Program, fill: FillArguments) {
    this.#name = name;
    this.#command = command;
    this.#program = program;
    this.#fill = fill;
    this.#runner = new ProcessRunner(command.concurrency ?? LIMITS.processes);
  }

  get warnings(): readonly string[] {
    return this.#program.warnings;
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<ProcessResult> {
    const { program, env = {}, cwd, user, timeoutMs, maxOutputBytes } = this.#command;
    return await this.#runner.run({
      name: this.#name,
      argv0: program,
      args: this.#fill(request.holes ?? {}),
      env,
      cwd,
      user,
      stdin: this.#stdin(request),
      timeoutMs: timeoutMs ?? LIMITS.processTimeoutMs,
      maxOutputBytes: maxOutputBytes ?? LIMITS.processOutputBytes,
      prepare: () =>
        this.#program.prepare().catch((error) => {
          throw forGuest(this.#name, error);
        }),
    }, signal);
  }

  #stdin({ stdin }: RunRequest): Uint8Array | undefined {
    if (stdin === undefined) return undefined;
    const refuse = (why: string) =>
      new PluginError("capability.invalid", `Cannot run ${this.#name}: ${why}`);
    if (this.#command.stdin !== true) throw refuse("it takes no standard input");
    const bytes = new TextEncoder().encode(stdin);
    if (bytes.length <= LIMITS.processInputBytes) return bytes;
    throw refuse(`its input has more than ${LIMITS.processInputBytes} bytes`);
  }

  async close(): Promise<void> {
    await this.#runner.close();
    this.#program.close();
  }
}

/** How long it took is left out: it would be another answer each time. */
function answerOf({ status, stdout, stderr, truncated }: ProcessResult): JsonObject {
  const out = outputText(stdout, truncated);
  const err = outputText(stderr, truncated);
  const encoding: JsonObject = {
    ...(out.isBase64 ? { stdout: "base64" } : {}),
    ...(err.isBase64 ? { stderr: "base64" } : {}),
  };
  return {
    code: status.code,
    ...(status.code === null ? { signal: status.signal } : {}),
    stdout: out.text,
    stderr: err.text,
    truncated,
    ...(out.isBase64 || err.isBase64 ? { encoding } : {}),
  };
}
