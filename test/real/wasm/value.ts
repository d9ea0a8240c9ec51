/** Script values to and from the slots of an adapter. */
import type { Slot } from "./adapter.ts";
import type { Expected, Value } from "./script.ts";

/** The same number stands for the same host value within a run. */
const hostValues = new Map<string, object>();

/** The host value that a script means by `ref.extern n`. */
function hostValue(number: string): object {
  let value = hostValues.get(number);
  if (value === undefined) hostValues.set(number, value = { host: number });
  return value;
}

/** Puts an argument into its slot; a reference is returned instead. */
export function writeValue(slot: DataView, { type, value }: Value): unknown {
  if (type === "externref" || type === "funcref" || type === "ref") {
    return value[0] === "null" ? null : hostValue(value[0]!);
  }
  const width = 16 / value.length;
  if (value.length === 1) writeHex(slot, 0, value[0]!);
  else for (const [index, lane] of value.entries()) writeHex(slot, index * width, lane);
  return undefined;
}

/** Whether a result is what the script expects, to the bit; `oneNaN`: see `laneMatches`. */
export function matches(slot: Slot, expected: Expected, oneNaN: boolean): boolean {
  if (expected.type === "either") return expected.cases.some((item) => matches(slot, item, oneNaN));
  const { type, value } = expected;
  if (!(slot instanceof DataView)) {
    const wanted = value[0]!;
    if (wanted === "null") return slot.reference === null;
    if (slot.reference === null) return false;
    if (type === "funcref") return typeof slot.reference === "function";
    return wanted === "any" || slot.reference === hostValue(wanted);
  }
  const bits = laneBits(expected);
  return value.every((lane, index) =>
    laneMatches(readHex(slot, (index * bits) / 8, bits / 8), lane, oneNaN)
  );
}

/** How wide a lane is, in bits. */
function laneBits({ type, value }: Value): number {
  if (type === "v128") return 128 / value.length;
  return type === "i64" || type === "f64" ? 64 : 32;
}

/**
 * A canonical NaN has only the quiet bit set, an arithmetic one at least that; the sign is free. With
 * `oneNaN` only the positive canonical one will do, whichever of the two the script asks for.
 *
 * @see Wasm 2.0, 4.3.3
 */
function laneMatches(hex: string, wanted: string, oneNaN: boolean): boolean {
  if (!wanted.startsWith("nan:")) return hex === wanted;
  const quiet = hex.length === 8 ? 0x7fc00000n : 0x7ff8000000000000n;
  if (oneNaN) return BigInt(`0x${hex}`) === quiet;
  const bits = BigInt.asUintN(hex.length * 4 - 1, BigInt(`0x${hex}`));
  return wanted === "nan:canonical" ? bits === quiet : (bits & quiet) === quiet;
}

function writeHex(slot: DataView, offset: number, hex: string): void {
  const bytes = hex.length / 2;
  for (let index = 0; index < bytes; index++) {
    slot.setUint8(
      offset + index,
      parseInt(hex.slice(hex.length - 2 * index - 2, hex.length - 2 * index), 16),
    );
  }
}

function readHex(slot: DataView, offset: number, bytes: number): string {
  let hex = "";
  for (let index = bytes - 1; index >= 0; index--) {
    hex += slot.getUint8(offset + index).toString(16).padStart(2, "0");
  }
  return hex;
}

/** A result for people to read: its bytes, or what it refers to. */
export function show(slot: Slot): string {
  if (slot instanceof DataView) return readHex(slot, 0, 16);
  const { reference } = slot;
  return reference === null ? "null" : typeof reference;
}
