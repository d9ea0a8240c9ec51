import { concatBytes } from "../../concat-bytes.ts";
import type { ModuleOutline } from "../../wasm/outline.ts";
import { WasmReader } from "../../wasm/reader.ts";
import { SECTION } from "../../wasm/section.ts";
import { encodeU32 } from "../../wasm/writer.ts";

/** The order that the specification demands. @see Wasm 2.0, 5.5.16 */
const ORDER = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

/** A module whose sections are replaced and added to. Custom sections are left out. */
export class Assembly {
  readonly #bytes: Uint8Array;
  /** The parts of each section's content. */
  readonly #contents = new Map<number, readonly Uint8Array[]>();

  constructor(bytes: Uint8Array, { sections }: ModuleOutline) {
    this.#bytes = bytes;
    for (const { id, contentStart, end } of sections) {
      if (id !== SECTION.custom) this.#contents.set(id, [bytes.subarray(contentStart, end)]);
    }
  }

  /** Replaces a section, whether or not the module has it. */
  replace(id: number, content: Uint8Array): void {
    this.#contents.set(id, [content]);
  }

  remove(id: number): void {
    this.#contents.delete(id);
  }

  /**
   * Appends items to a section that is a vector.
   *
   * @param before What takes the place of the items that are there, if given.
   */
  append(id: number, items: readonly (readonly number[])[], before?: Uint8Array): void {
    const [content] = this.#contents.get(id) ?? [];
    if (items.length === 0 && before === undefined) return;
    const reader = new WasmReader(content ?? new Uint8Array(1));
    const count = reader.u32("the length of a section") + items.length;
    this.#contents.set(id, [
      Uint8Array.from(encodeU32(count)),
      before ?? reader.bytes.subarray(reader.position),
      Uint8Array.from(items.flat()),
    ]);
  }

  bytes(): Uint8Array {
    const parts = [this.#bytes.subarray(0, 8)];
    for (const id of ORDER) {
      const content = this.#contents.get(id);
      if (content === undefined) continue;
      const length = content.reduce((sum, part) => sum + part.length, 0);
      parts.push(Uint8Array.from([id, ...encodeU32(length)]), ...content);
    }
    return concatBytes(parts);
  }
}
