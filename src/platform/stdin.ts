import process from "node:process";

/** Standard input of a process whose parent writes a line or more and ends us by closing it. */
export interface StandardInput {
  /**
   * The first line, without its end; undefined where there is none: the input ended first, or
   * `maxBytes` came without the end of a line.
   */
  readonly firstLine: Promise<string | undefined>;
  /** Resolves when the input has ended, or was closed here. */
  readonly ended: Promise<void>;
  /** Whether a person may be typing. */
  readonly isTerminal: boolean;
  /** Reads no more, so that it does not keep the process alive. */
  close(): void;
}

/** Begins to read standard input. What comes behind the first line is thrown away. */
export function openStandardInput(maxBytes: number): StandardInput {
  const { stdin } = process;
  let text: string | undefined = "";
  const decoder = new TextDecoder();
  let foundLine!: (line: string | undefined) => void;
  const firstLine = new Promise<string | undefined>((resolve) => foundLine = resolve);
  let end!: () => void;
  const ended = new Promise<void>((resolve) => end = resolve);
  const finish = () => {
    foundLine(undefined);
    end();
  };
  stdin.on("data", (chunk: Uint8Array) => {
    if (text === undefined) return;
    text += decoder.decode(chunk, { stream: true });
    const length = text.indexOf("\n");
    if (length < 0 && text.length <= maxBytes) return;
    foundLine(length < 0 || length > maxBytes ? undefined : text.slice(0, length));
    text = undefined;
  });
  stdin.on("end", finish);
  // A pipe whose other end is gone.
  stdin.on("error", finish);
  stdin.on("close", finish);
  return { firstLine, ended, isTerminal: stdin.isTTY === true, close };
}

function close(): void {
  process.stdin.destroy();
  try {
    // A read that waits keeps the process alive on Deno, also of a stream that was destroyed.
    (globalThis as { Deno?: { stdin: { close(): void } } }).Deno?.stdin.close();
  } catch {
    // It had ended before.
  }
}
