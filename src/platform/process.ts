import { spawn } from "node:child_process";
import { fstatSync, readFileSync, realpathSync } from "node:fs";
import process from "node:process";
import { PluginError } from "../plugin-error.ts";

/** A stream that text is written to. */
export interface TextSink {
  /**
   * Resolves when the text is handed to the system; also when the reader has gone away.
   *
   * @throws {PluginError} `output.unwritable` for a full disk and the like
   */
  write(text: string): Promise<void>;
  readonly isTerminal: boolean;
}

/** The arguments of the command line, without runtime and script. */
export function commandLine(): string[] {
  return process.argv.slice(2);
}

/** An environment variable; undefined where it is unset or empty. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name] || undefined;
}

/**
 * The environment that this process was started with. What is no UTF-8 has U+FFFD in its place; Deno's
 * own environment would lack a variable with such a value.
 */
export function startEnvironment(): Record<string, string> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync("/proc/self/environ");
  } catch {
    return environment();
  }
  const variables = new TextDecoder().decode(bytes).split("\0");
  return Object.fromEntries(variables.map((variable) => {
    const at = variable.indexOf("=");
    return [variable.slice(0, at), variable.slice(at + 1)];
  }));
}

/** The whole environment. */
export function environment(): Record<string, string> {
  return { ...process.env } as Record<string, string>;
}

/** Standard output. */
export const stdout: TextSink = sinkOf(process.stdout, "standard output");

/** Standard error. */
export const stderr: TextSink = sinkOf(process.stderr, "standard error");

function sinkOf(stream: NodeJS.WriteStream, name: string): TextSink {
  let gone = false;
  // Without a listener a failed write would end us with a stack trace; each write hears of it itself.
  stream.on("error", () => {});
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(text, (error) => error ? reject(error) : resolve());
    });
  return {
    write: async (text) => {
      if (gone) return;
      try {
        await write(text);
      } catch (cause) {
        // The reader went away (`| head`): the verdict still counts.
        gone = (cause as { code?: string }).code === "EPIPE";
        if (gone) return;
        const message = `Cannot write to ${name}: ${(cause as Error).message}`;
        throw new PluginError("output.unwritable", message, { cause });
      }
    },
    get isTerminal() {
      return stream.isTTY === true;
    },
  };
}

/**
 * Reads standard input to its end.
 *
 * @throws {PluginError} `input.too-large` beyond `maxBytes`, `input.unreadable`
 */
export async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const bytes = await readStdinUpTo(maxBytes + 1);
  if (bytes.length <= maxBytes) return bytes;
  throw new PluginError(
    "input.too-large",
    `Cannot read standard input: it has more than ${maxBytes} bytes`,
  );
}

/**
 * Reads standard input to its end, or its first `maxBytes`.
 *
 * @throws {PluginError} `input.unreadable` for a folder, which runtimes take for an empty file
 */
export async function readStdinUpTo(maxBytes: number): Promise<Uint8Array> {
  if (isFolder(STDIN)) {
    throw new PluginError("input.unreadable", "Cannot read standard input: it is a folder");
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= maxBytes) break;
  }
  // Leaving the loop early closes the stream.
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes.subarray(0, maxBytes);
}

const STDIN = 0;

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    // It is closed, and so empty.
    return false;
  }
}

/** What the process answers when nothing is left to do. */
export function setExitCode(code: number): void {
  process.exitCode = code;
}

/**
 * Runs `cleanUp` at SIGINT, SIGTERM, SIGHUP (the terminal went away) or SIGQUIT and then lets the signal
 * do its work, so that a shell sees a process that was ended by it. A second signal does so at once.
 *
 * @param cleanUp Gives the exit code where the signal asked for an end that is in order; then the process
 *   ends with that.
 * @returns Takes the handlers away again.
 */
export function onInterrupt(cleanUp: () => Promise<number | undefined>): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
  const handle = (signal: NodeJS.Signals) => {
    remove();
    void cleanUp().catch(() => undefined).then((code) =>
      code === undefined ? process.kill(process.pid, signal) : process.exit(code)
    );
  };
  const remove = () => {
    for (const signal of signals) process.removeListener(signal, handle);
  };
  for (const signal of signals) process.on(signal, handle);
  return remove;
}

/**
 * Tells `listener` of errors that nobody waits for, in place of ending the process.
 *
 * @returns Takes the handlers away again.
 */
export function onStrayError(listener: (error: unknown) => void): () => void {
  process.on("uncaughtException", listener);
  process.on("unhandledRejection", listener);
  return () => {
    process.removeListener("uncaughtException", listener);
    process.removeListener("unhandledRejection", listener);
  };
}

/**
 * Has what is written by `console` go to standard error, where standard output is for a report.
 *
 * @returns Puts it back.
 */
export function keepConsoleOffStdout(): () => void {
  const { log, info, debug, error } = console;
  const toStderr = (...args: unknown[]) => error(...args);
  Object.assign(console, { log: toStderr, info: toStderr, debug: toStderr });
  return () => void Object.assign(console, { log, info, debug });
}

/**
 * Has the process end with `code` where somebody else's code ends it, whatever that one says.
 *
 * @returns Leaves it to the process again.
 */
export function insistOnExitCode(code: number): () => void {
  const insist = () => {
    process.exitCode = code;
  };
  process.on("exit", insist);
  return () => process.removeListener("exit", insist);
}

/** Program and first arguments that run this command again; absolute, links followed. */
export function selfCommand(): string[] {
  // Deno does not say with which permissions it was started; who may start programs may do all.
  const runtime = "Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : process.execArgv;
  return [process.execPath, ...runtime, realpathSync(process.argv[1]!)];
}

/**
 * Runs this command again in a process of its own, with other arguments and the same streams.
 *
 * @returns Its exit code; null where a signal ended it, as it does when `signal` aborts.
 */
export function runSelf(args: readonly string[], signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve, reject) => {
    // What is thrown here, as by Deno for want of a permission, is a rejection as well.
    const [program, ...before] = selfCommand() as [string, ...string[]];
    const child = spawn(program, [...before, ...args], {
      stdio: "inherit",
      signal,
      killSignal: "SIGKILL",
    });
    child.on("error", (error) => signal.aborted ? resolve(null) : reject(error));
    child.on("close", (code) => resolve(code));
  });
}
