import { readSize } from "./size.ts";

/** The operator's settings; the schema in `plugin.json` says the same, and the host holds to it. */
export interface Settings {
  /** What a volume may hold at most. */
  readonly maxSize?: string;
  /** Mounts of before this time do not count. */
  readonly mountsSince?: string;
}

/** The limit of a volume that asked for `size`, in bytes; undefined where nobody set one. */
export function limitOf(size: number | undefined, { maxSize }: Settings): number | undefined {
  if (maxSize === undefined) return size;
  // What is too large to be counted is no limit.
  return Math.min(size ?? Infinity, readSize(maxSize) ?? Number.MAX_SAFE_INTEGER);
}
