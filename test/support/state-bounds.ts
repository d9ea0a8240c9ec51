import type { StateChange } from "../../src/capability/state-database.ts";
import type { StateBounds } from "../../src/capability/state-bounds.ts";

/** Bounds that no test of something else reaches. */
export const UNBOUND: StateBounds = {
  maxBytes: 1 << 30,
  maxKeys: 1_000_000,
  maxKeyBytes: 100,
  maxValueBytes: 1 << 20,
  writesPerSecond: 1_000_000,
};

/** A change of one key, now, as a store is asked for it. */
export const changeOf = (key: string, value: string): StateChange => ({
  changes: [{ key, value }],
  bounds: UNBOUND,
  now: Date.now(),
});
