import type { HostCall, HostFunction, PluginIdentity } from "../../src/capability/host-function.ts";
import type { LineSink } from "../../src/host/audit.ts";
import type { Callable } from "../../src/host/callable.ts";
import type { RecordedLimits } from "../../src/host/recording.ts";

/** Bytes of a text. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Text of bytes. */
export const text = (content: Uint8Array): string => new TextDecoder().decode(content);

/** Who asks, in tests. */
export const PLUGIN: PluginIdentity = {
  name: "p",
  digest: `sha256:${"a".repeat(64)}`,
  instance: "i",
};

/** Bounds of a recorded call, in tests. */
export const RECORDED_LIMITS: RecordedLimits = {
  fuel: 1_000,
  stackBytes: 1_000,
  memoryPages: 10,
  blockBytes: 1_000,
  inputBytes: 1_000,
  outputBytes: 1_000,
};

/** The call that a host function serves, in tests. */
export const CALL: HostCall = {
  entry: "admission_check",
  now: "2026-06-01T00:00:00Z",
  signal: new AbortController().signal,
  blobs: {
    get: () => undefined,
    close: () => Promise.resolve(),
    closeAll: () => Promise.resolve(),
  },
};

/** A sink that keeps its lines. */
export interface MemorySink extends LineSink {
  readonly lines: string[];
  /** From now on nothing can be written. */
  break(): void;
}

/** Makes a sink in memory. */
export function memorySink(): MemorySink {
  const lines: string[] = [];
  let broken = false;
  return {
    lines,
    break: () => broken = true,
    append: (line) => {
      if (broken) throw new Error("the disk is full");
      lines.push(line);
    },
  };
}

/** A host function that answers with `answer`. */
export function answering(
  name: string,
  answer: string | Uint8Array | ((request: string) => string | Promise<string>),
  capability: HostFunction["capability"] = "state",
): HostFunction & { calls: number } {
  const fn = {
    capability,
    name,
    calls: 0,
    answer: async (request: Uint8Array) => {
      fn.calls++;
      if (typeof answer === "function") return bytes(await answer(text(request)));
      return typeof answer === "string" ? bytes(answer) : answer;
    },
  };
  return fn;
}

/** What a fake guest can do besides computing: ask the host, by a function's name. */
export type Ask = (name: string, request: string) => Promise<string>;

/** A module whose one export is `guest`; what it asks goes to the functions of the call. */
export function fakeModule(
  guest: (input: string, ask: Ask) => string | Promise<string>,
  { fuel = 7, functions = [] }: {
    readonly fuel?: number;
    readonly functions?: readonly HostFunction[];
  } = {},
): Callable {
  return {
    call: async (_entry, input, options) => {
      const ask: Ask = async (name, request) => {
        const fn = (options.functions ?? functions).find((candidate) => candidate.name === name)!;
        return text(await fn.answer(bytes(request), CALL));
      };
      return { output: bytes(await guest(text(input), ask)), fuel };
    },
  };
}
