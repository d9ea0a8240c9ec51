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

/** The mounts that count. */
export function mountsOf(
  { mounts }: VolumeRecord,
  { mountsSince }: Settings,
): readonly MountRecord[] {
  if (mountsSince === undefined) return mounts;
  return mounts.filter(({ since }) => Date.parse(since) >= Date.parse(mountsSince));
}
