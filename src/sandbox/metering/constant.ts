import type { WasmReader } from "../../wasm/reader.ts";
import { invalid } from "./invalid.ts";

/**
 * Reads a constant expression of one instruction, as all runtimes know them.
 *
 * @param functions How many functions the original module has.
 * @returns Its bytes without the `end`.
 * @throws {PluginError} `sandbox.module-invalid` for anything longer (extended-const), `bundle.malformed`
 */
export function readConstant(name: string, reader: WasmReader, functions: number): Uint8Array {
  const start = reader.position;
  const opcode = reader.byte("a constant expression");
  switch (opcode) {
    case 0x41:
    case 0x42:
      reader.skipLeb("a constant");
      break;
    case 0x43:
      reader.take(4, "a constant");
      break;
    case 0x44:
      reader.take(8, "a constant");
      break;
    case 0xd0:
      readReferenceType(name, reader);
      break;
    case 0xd2: {
      const index = reader.u32("a function index");
      if (index >= functions) {
        throw invalid(name, `refers to function ${index}, it has ${functions}`);
      }
      break;
    }
    case 0xfd:
      if (reader.u32("an instruction") !== 0x0c) throw unknown(name, opcode, start);
      reader.take(16, "a constant");
      break;
    case 0x23:
      // Only an imported global may stand here, and no plugin may import one.
      throw invalid(name, `uses a global in the constant expression at byte ${start}`);
    default:
      throw unknown(name, opcode, start);
  }
  const end = reader.position;
  const next = reader.byte("the end of a constant expression");
  if (next !== 0x0b) {
    throw invalid(
      name,
      `uses extended-const (a constant of several instructions at byte ${start})`,
    );
  }
  return reader.bytes.subarray(start, end);
}

/** Reads the type of a reference: funcref or externref. */
export function readReferenceType(name: string, reader: WasmReader): void {
  const start = reader.position;
  const type = reader.byte("a reference type");
  if (type !== 0x70 && type !== 0x6f) {
    throw invalid(
      name,
      `uses typed function references or garbage collection (type 0x${
        type.toString(16)
      } at byte ${start})`,
    );
  }
}

function unknown(name: string, opcode: number, start: number) {
  return invalid(
    name,
    `uses extended-const or garbage collection (instruction 0x${
      opcode.toString(16)
    } in the constant expression at byte ${start})`,
  );
}
