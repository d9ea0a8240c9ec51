import { DriverError } from "cofferdam/guest";
import { quote } from "./fault.ts";
import type { Settings } from "./settings.ts";

/** One use by one container, by Docker's ID. */
export interface MountRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
}

/** What was in a volume when it was last measured. */
export interface Measured {
  readonly bytes: number;
  /** RFC 3339. */
  readonly at: string;
}

/** What the state holds of a volume. There is a volume where there is a record. */
export interface VolumeRecord {
  /** RFC 3339. */
  readonly createdAt: string;
  /** The option of that name, in bytes. */
  readonly size?: number;
  /**
   * What it means when the folder is not there:
   * - `unused`: never mounted. It was not made yet, or is lost with nothing in it: make it.
   * - `used`: what was in it is lost.
   * - `leaving`: it was removed, and the record is what is left.
   */
  readonly folder: "unused" | "used" | "leaving";
  readonly mounts: readonly MountRecord[];
  readonly measured?: Measured;
}

/** @throws {DriverError} `failed` for what no version of this plugin has written */
export function parseRecord(name: string, text: string): VolumeRecord {
  try {
    const record = JSON.parse(text) as VolumeRecord;
    const isRecord = typeof record.createdAt === "string" &&
      ["unused", "used", "leaving"].includes(record.folder) &&
      record.mounts.every(({ id, since }) => typeof id === "string" && typeof since === "string");
    if (isRecord) return record;
  } catch {
    // Said below.
  }
  const why = "what the state holds of it was not written by this plugin";
  throw new DriverError("failed", `cannot use ${quote(name)}: ${why}`);
}

/**
 * The mounts that count. A time that is still to come leaves all of them: there is no mount that can be
 * told to be over by then.
 *
 * @param now RFC 3339
 */
export function mountsOf(
  { mounts }: VolumeRecord,
  { mountsSince }: Settings,
  now: string,
): readonly MountRecord[] {
  if (mountsSince === undefined) return mounts;
  const start = Date.parse(mountsSince);
  if (!(start <= Date.parse(now))) return mounts;
  return mounts.filter(({ since }) => !(Date.parse(since) < start));
}

/** How many mounts are named to a person. */
const MOST_NAMED = 10;

/** Mounts for a person, their IDs as short as Docker shows IDs: `0123456789ab since 2026-01-30T12:00:00Z`. */
export function describeMounts(mounts: readonly MountRecord[]): string[] {
  const named = mounts.slice(0, MOST_NAMED).map(({ id, since }) => {
    const short = id.slice(0, 12);
    return `${/^[\w.-]+$/.test(short) ? short : quote(short)} since ${since}`;
  });
  const more = mounts.length - named.length;
  return more === 0 ? named : [...named, `${more} more`];
}
