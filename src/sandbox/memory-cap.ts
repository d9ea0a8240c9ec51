import { PluginError } from "../plugin-error.ts";
import { type ModuleOutline, type SizeLimits } from "../wasm/outline.ts";
import { SECTION } from "../wasm/section.ts";
import { concatBytes, encodeSection, encodeU32 } from "../wasm/writer.ts";

/**
 * Rewrites the memory section so that no memory can grow beyond `maxPages`. The SDK's own limit does
 * not hold a guest's linear memory; a declared maximum is kept by the engine itself.
 *
 * @param maxPages In pages of 64 KiB.
 * @returns The same bytes where nothing has to change.
 * @throws {PluginError} `sandbox.memory` when the module asks for more from the start.
 */
export function capMemory(bytes: Uint8Array, outline: ModuleOutline, maxPages: number): Uint8Array {
  const section = outline.sections.find((s) => s.id === SECTION.memory);
  if (section === undefined) return bytes;
  const capped = outline.memories.map((memory): SizeLimits => {
    if (memory.min > maxPages) {
      throw new PluginError(
        "sandbox.memory",
        `Cannot load the plugin: its memory begins at ${memory.min} pages of 64 KiB, at most ${maxPages} are allowed`,
      );
    }
    return { min: memory.min, max: Math.min(memory.max ?? maxPages, maxPages) };
  });
  const content = [
    ...encodeU32(capped.length),
    ...capped.flatMap(({ min, max }) => [1, ...encodeU32(min), ...encodeU32(max!)]),
  ];
  return concatBytes([
    bytes.subarray(0, section.start),
    encodeSection(SECTION.memory, Uint8Array.from(content)),
    bytes.subarray(section.end),
  ]);
}
