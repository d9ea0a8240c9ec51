import { jsonLine } from "./format/json-text.ts";
import { visibleProse } from "./format/visible.ts";

/** How grave a line of the log is, from the gravest. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How lines of the log look. */
export const LOG_FORMATS = ["text", "json"] as const;

/** Writes one line; never to stdout. */
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** How a log is made. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: (typeof LOG_FORMATS)[number];
  readonly write: (text: string) => void;
}

/**
 * Keeps line breaks with an indentation, as our own longer messages have them. Each line is escaped
 * on its own, and none but the first begins a line of the log.
 */
function visibleLines(message: string): string {
  return message.split("\n  ").map(visibleProse).filter((line) => line !== "").join("\n  ");
}

/** A log for the command line; text may come from a hostile file and is escaped. */
export function createLog({ level, format, write }: LogOptions): Log {
  const limit = LOG_LEVELS.indexOf(level);
  return (lineLevel, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(lineLevel) > limit) return;
    if (format === "json") {
      const time = new Date().toISOString();
      write(`${jsonLine({ time, level: lineLevel, message, ...fields })}\n`);
      return;
    }
    const code = typeof fields.code === "string" ? ` [${fields.code}]` : "";
    const prefix = lineLevel === "info" ? "" : `${lineLevel}: `;
    write(`cofferdam: ${prefix}${visibleLines(message)}${code}\n`);
  };
}
