import type { SettingsFault } from "cofferdam/guest";
import { readSize } from "./size.ts";

/** The operator's settings; the schema in `plugin.json` says the same, and the host holds to it. */
export interface Settings {
  /** What a volume may hold at most. */
  readonly maxSize?: string;
  /** Mounts of before this time do not count. */
  readonly mountsSince?: string;
}

/** What the schema in `plugin.json` cannot say: that a time is one. */
export function settingsFaults({ mountsSince }: Settings): SettingsFault[] {
  if (mountsSince === undefined || isTime(mountsSince)) return [];
  return [{ path: "/mountsSince", message: `"${mountsSince}" is no time.` }];
}

/** @param text As the schema has it. */
function isTime(text: string): boolean {
  if (Number.isNaN(Date.parse(text))) return false;
  // The 30th of February is read as a day of March.
  const [date] = text.split("T") as [string];
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** The limit of a volume that asked for `size`, in bytes; undefined where nobody set one. */
export function limitOf(size: number | undefined, { maxSize }: Settings): number | undefined {
  if (maxSize === undefined) return size;
  // What is too large to be counted is no limit.
  return Math.min(size ?? Infinity, readSize(maxSize) ?? Number.MAX_SAFE_INTEGER);
}
