import { concatBytes } from "../concat-bytes.ts";
import { WasmReader } from "../wasm/reader.ts";
import { SECTION } from "../wasm/section.ts";
import { encodeU32 } from "../wasm/writer.ts";
import type { Engine } from "./engine/engine.ts";
import { encodeConstant, encodeSigned } from "./signed.ts";

const I32_CONST = 0x41;
const I64_CONST = 0x42;
const END = 0x0b;

/**
 * The global section with other initial values.
 *
 * @param values By the index of the global; every mutable one must be among them.
 */
export function encodeGlobals(
  { bytes, outline }: Engine,
  values: ReadonlyMap<number, number | bigint>,
): Uint8Array {
  const { contentStart, end } = outline.sections.find(({ id }) => id === SECTION.global)!;
  const reader = new WasmReader(bytes, contentStart, end);
  const count = reader.u32("a count");
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let index = 0; index < count; index++) {
    const start = reader.position;
    reader.byte("a type");
    const isMutable = reader.byte("a mutability") === 1;
    const opcode = reader.byte("an instruction");
    if (opcode !== I32_CONST && opcode !== I64_CONST) {
      throw new Error(`global ${index} of the engine does not begin as a plain number`);
    }
    reader.skipLeb("a number");
    reader.byte("an end");
    const value = values.get(index);
    if (isMutable && value === undefined) throw new Error(`global ${index} is not exported`);
    if (value === undefined || !isMutable) {
      parts.push(bytes.subarray(start, reader.position));
      continue;
    }
    const number = BigInt(value);
    const constant = opcode === I32_CONST
      ? encodeConstant(Number(number))
      : [I64_CONST, ...encodeSigned(number), END];
    parts.push(bytes.subarray(start, start + 2), Uint8Array.from(constant));
  }
  return concatBytes(parts);
}
