import { PluginError } from "../plugin-error.ts";
import type { TestError } from "./report.ts";

/** Colours, which libraries for assertions put into their messages. */
// deno-lint-ignore no-control-regex
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Lines of a stack or of a message that anybody reads. */
const MAX_LINES = 40;

/** What a test, or the loading of its file, threw. */
export function describeThrown(thrown: unknown): TestError {
  if (thrown instanceof PluginError) {
    return { code: thrown.code, message: thrown.message, stack: framesOf(thrown) };
  }
  if (!(thrown instanceof Error)) {
    return { code: null, message: `threw ${textOf(thrown)}`, stack: [] };
  }
  const { name, message } = thrown;
  // A copy of this package that the author installed has a class of its own.
  const code = name === "PluginError" ? String((thrown as { code?: unknown }).code) : null;
  return {
    code,
    message: cut((message || name).replace(COLOURS, "").split("\n")).join("\n"),
    stack: framesOf(thrown),
  };
}

/** Frames outside of this package and of the runtime: what the author wrote. */
function framesOf({ stack }: Error): string[] {
  const frames = (stack ?? "").split("\n").map((line) => line.trim())
    .filter((line) => /^at .*\.test\.ts[:)?]/.test(line));
  return cut(frames);
}

function cut(lines: readonly string[]): string[] {
  return lines.length <= MAX_LINES
    ? [...lines]
    : [...lines.slice(0, MAX_LINES), `(and ${lines.length - MAX_LINES} lines more)`];
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "what has no text";
  }
}
