import { PluginError } from "../plugin-error.ts";

/** What one instance may keep, and how fast it may write. */
export interface StateBounds {
  /** Keys and values together; the file on disk is larger by SQLite's pages. */
  readonly maxBytes: number;
  readonly maxKeys: number;
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly writesPerSecond: number;
}

/** The refusal of a write that comes too soon. */
export function tooFast({ writesPerSecond }: StateBounds): PluginError {
  return overLimit(`at most ${writesPerSecond} writes a second are granted; try again later`);
}

/** The refusal of a write beyond a bound. */
export function overLimit(why: string): PluginError {
  return new PluginError("capability.limit", `Cannot write the state: ${why}`);
}
