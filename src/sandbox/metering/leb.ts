import { invalid } from "./invalid.ts";

/** Where the number that {@link readU32} read last ends: a second result without an object for it. */
export let lebEnd = 0;

/**
 * Reads an unsigned LEB128 of 32 bits at `at`, and sets {@link lebEnd}.
 *
 * @throws {PluginError} `sandbox.module-invalid`
 */
export function readU32(name: string, bytes: Uint8Array, at: number, end: number): number {
  const first = at;
  let value = bytes[at++]!;
  if (value > 0x7f) {
    value &= 0x7f;
    let shift = 7;
    for (;;) {
      const byte = at < end ? bytes[at++]! : 0xff;
      if (shift === 28) {
        if (byte > 0x0f) throw notANumber(name, first);
        value += byte * 0x1000_0000;
        break;
      }
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
  }
  if (at > end) throw notANumber(name, first);
  lebEnd = at;
  return value;
}

function notANumber(name: string, at: number) {
  return invalid(name, `has no 32-bit number at byte ${at}`);
}
