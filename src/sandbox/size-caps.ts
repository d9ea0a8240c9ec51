import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import type { SizeLimits, TableType } from "../wasm/outline.ts";
import { encodeU32 } from "../wasm/writer.ts";

/**
 * A memory section in which no memory can grow beyond `maxPages`. The SDK's own limit does not hold a
 * guest's linear memory; a declared maximum is kept by the engine itself.
 *
 * @param memories As the module declares them.
 * @param maxPages In pages of 64 KiB.
 * @throws {PluginError} `sandbox.memory` when the module asks for more from the start;
 * `sandbox.module-invalid` for several memories, which not every runtime has
 */
export function cappedMemories(memories: readonly SizeLimits[], maxPages: number): Uint8Array {
  if (memories.length > 1) {
    throw new PluginError(
      "sandbox.module-invalid",
      `Cannot load the plugin: it has ${memories.length} memories, one is allowed`,
    );
  }
  const capped = memories.map((memory) =>
    encodeCapped(memory, maxPages, "memory", "pages of 64 KiB")
  );
  return Uint8Array.from([...encodeU32(capped.length), ...capped.flat()]);
}

/**
 * A table section in which no table can grow beyond `LIMITS.tableElements`. A few declared tables of
 * ten million elements are enough to end a process: they count against the heap of its thread.
 *
 * @throws {PluginError} `sandbox.memory` for more or larger tables from the start
 */
export function cappedTables(tables: readonly TableType[]): Uint8Array {
  if (tables.length > LIMITS.tables) {
    throw new PluginError(
      "sandbox.memory",
      `Cannot load the plugin: it has ${tables.length} tables, at most ${LIMITS.tables} are allowed`,
    );
  }
  const capped = tables.map(({ referenceType, limits }) => [
    referenceType,
    ...encodeCapped(limits, LIMITS.tableElements, "table", "elements"),
  ]);
  return Uint8Array.from([...encodeU32(capped.length), ...capped.flat()]);
}

/** Limits in the binary format, with a maximum of at most `cap`. */
function encodeCapped(limits: SizeLimits, cap: number, what: string, unit: string): number[] {
  if (limits.min > cap) {
    throw new PluginError(
      "sandbox.memory",
      `Cannot load the plugin: its ${what} begins at ${limits.min} ${unit}, at most ${cap} are allowed`,
    );
  }
  return [1, ...encodeU32(limits.min), ...encodeU32(Math.min(limits.max ?? cap, cap))];
}
