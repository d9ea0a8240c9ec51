import { PluginError } from "../plugin-error.ts";
import type { SizeLimits } from "../wasm/outline.ts";
import { encodeU32 } from "../wasm/writer.ts";

/**
 * A memory section in which no memory can grow beyond `maxPages`. The SDK's own limit does not hold a
 * guest's linear memory; a declared maximum is kept by the engine itself.
 *
 * @param memories As the module declares them.
 * @param maxPages In pages of 64 KiB.
 * @throws {PluginError} `sandbox.memory` when the module asks for more from the start.
 */
export function cappedMemories(memories: readonly SizeLimits[], maxPages: number): Uint8Array {
  const capped = memories.map((memory) => {
    if (memory.min > maxPages) {
      throw new PluginError(
        "sandbox.memory",
        `Cannot load the plugin: its memory begins at ${memory.min} pages of 64 KiB, at most ${maxPages} are allowed`,
      );
    }
    return [1, ...encodeU32(memory.min), ...encodeU32(Math.min(memory.max ?? maxPages, maxPages))];
  });
  return Uint8Array.from([...encodeU32(capped.length), ...capped.flat()]);
}
