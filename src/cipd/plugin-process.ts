import { sanitizeLogText } from "../capability/log-text.ts";
import { type ExitStatus, type RunningChild, startChild } from "../platform/child-process.ts";
import { findProgram } from "../platform/find-program.ts";
import { absolutePath } from "../platform/path.ts";
import { environment } from "../platform/process.ts";
import { PluginError } from "../plugin-error.ts";
import type { Handshake } from "./wire.ts";

/** A line that a plugin wrote, to the host's log or to its own output. */
export interface CipdLogLine {
  /** The program's name. */
  readonly plugin: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
}

/** What is started, and who hears what it prints. */
export interface ProcessOptions {
  /** The program, looked for in PATH where it has no slash, and its arguments. */
  readonly command: readonly string[];
  readonly onLog: (line: CipdLogLine) => void;
}

/** The process of a native plugin. */
export class PluginProcess {
  readonly exited: Promise<ExitStatus>;
  readonly #child: RunningChild;

  private constructor(child: RunningChild, exited: Promise<ExitStatus>) {
    this.#child = child;
    this.exited = exited;
  }

  static async start(
    { command, onLog }: ProcessOptions,
    handshake: Handshake,
  ): Promise<PluginProcess> {
    const [program = "", ...args] = command;
    const file = await findProgram(program);
    if (file === undefined) throw failed(`there is no program "${program}"`);
    let exit!: (status: ExitStatus) => void;
    const exited = new Promise<ExitStatus>((resolve) => exit = resolve);
    const lines = { stdout: new Lines(), stderr: new Lines() };
    const say = speaker(program, onLog);
    const child = await startChild({
      file,
      argv0: program,
      args,
      // As CIPD's own host does: a native plugin is trusted like the program that runs it.
      env: environment(),
      cwd: absolutePath("."),
      stdin: new TextEncoder().encode(`${JSON.stringify(handshake)}\n`),
      keepsInput: true,
    }, {
      onOutput: (stream, chunk) => {
        for (const message of lines[stream].add(chunk)) say("info", message);
        return true;
      },
      onExit: exit,
      onClose: () => {
        for (const message of [lines.stdout.end(), lines.stderr.end()]) {
          if (message !== "") say("info", message);
        }
      },
    }).catch((cause) => {
      throw failed(`it does not start: ${(cause as Error).message}`, cause);
    });
    return new PluginProcess(child, exited);
  }

  /** Tells it to end, and kills it where it does not. */
  async end(timeoutMs: number): Promise<void> {
    this.#child.endInput();
    const timer = setTimeout(() => this.#child.killGroup(), timeoutMs);
    await this.exited;
    clearTimeout(timer);
    this.#child.closePipes();
  }
}

/** What a plugin prints, by lines; it should print nothing, so that a long line is cut. */
class Lines {
  readonly #decoder = new TextDecoder();
  #rest = "";

  add(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop()!.slice(0, MAX_LINE);
    return lines.filter((line) => line !== "");
  }

  /** What came behind the last line's end. */
  end(): string {
    return this.#rest;
  }
}

/** Lines of one plugin in one second; beyond that they are left out. */
const LINES_PER_SECOND = 1_000;

/** Hands on what a plugin says: fit for one line, not too much of it, whatever the listener throws. */
export function speaker(
  program: string,
  onLog: (line: CipdLogLine) => void,
): (level: CipdLogLine["level"], message: string) => void {
  const plugin = nameOf(program);
  let second = 0;
  let count = 0;
  return (level, message) => {
    const now = Math.floor(performance.now() / 1_000);
    count = now === second ? count + 1 : 1;
    second = now;
    if (count > LINES_PER_SECOND) return;
    try {
      onLog({ plugin, level, message: sanitizeLogText(message, MAX_LINE) });
    } catch {
      // Who listens to the log and throws disturbs nobody.
    }
  };
}

const MAX_LINE = 4_096;

function nameOf(program: string): string {
  return program.split("/").at(-1)!;
}

/** What has become of a native plugin, as an error. */
export function failed(why: string, cause?: unknown): PluginError {
  return new PluginError("cipd.plugin-failed", `The admission plugin failed: ${why}`, { cause });
}
