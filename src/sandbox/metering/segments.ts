import { MODULE_CAPS } from "../../limits.ts";
import type { ModuleOutline } from "../../wasm/outline.ts";
import type { WasmReader } from "../../wasm/reader.ts";
import { SECTION } from "../../wasm/section.ts";
import { readConstant, readReferenceType } from "./constant.ts";
import { invalid } from "./invalid.ts";
import { check, type ModuleShape, sectionsOf, vector } from "./shape.ts";

/**
 * Checks every index and constant expression of the sections that are copied as they are: element
 * and data segments, exports and the start function.
 *
 * @throws {PluginError} `sandbox.module-invalid`, `bundle.malformed`
 */
export function checkSegments(shape: ModuleShape, outline: ModuleOutline): void {
  const { name, functions, tables, memories, globals } = shape;
  const open = sectionsOf(shape.bytes, outline);
  const segments = MODULE_CAPS.elementSegments;
  let references = 0;
  vector(name, open(SECTION.element), "element segments", segments, (reader) => {
    references += readElementSegment(shape, reader);
    if (references > MODULE_CAPS.elements) {
      const most = MODULE_CAPS.elements;
      throw invalid(name, `has more than ${most} elements in its segments`);
    }
  });
  vector(
    name,
    open(SECTION.data),
    "data segments",
    MODULE_CAPS.dataSegments,
    (reader) => readDataSegment(shape, reader),
  );
  cap(name, outline.exports.length, MODULE_CAPS.exports, "exports");
  cap(name, outline.imports.length, MODULE_CAPS.imports, "imports");
  const counts = {
    function: functions.length,
    table: tables.length,
    memory: memories.length,
    global: globals.length,
  };
  for (const { kind, index } of outline.exports) check(name, index, counts[kind], kind);
  if (outline.start !== undefined) check(name, outline.start, functions.length, "function");
}

function cap(name: string, count: number, most: number, what: string): void {
  if (count > most) throw invalid(name, `has ${count} ${what}, at most ${most} are allowed`);
}

/** @see Wasm 2.0, 5.5.12: the flags' bits are passive or declarative, explicit index, expressions */
function readElementSegment({ name, functions, tables }: ModuleShape, reader: WasmReader): number {
  const start = reader.position;
  const flags = reader.u32("the flags of an element segment");
  if (flags > 7) throw invalid(name, `has an element segment of unknown form ${flags}`);
  const active = (flags & 1) === 0;
  const explicit = (flags & 2) !== 0;
  const expressions = (flags & 4) !== 0;
  if (active) {
    check(name, explicit ? reader.u32("a table index") : 0, tables.length, "table");
    readOffset(name, reader, functions.length);
  }
  if (!active || explicit) {
    if (expressions) readReferenceType(name, reader);
    else if (reader.byte("an element kind") !== 0) {
      throw invalid(name, `has an element segment of unknown kind at byte ${start}`);
    }
  }
  const count = reader.u32("the number of elements");
  for (let index = 0; index < count; index++) {
    if (expressions) readConstant(name, reader, functions.length);
    else check(name, reader.u32("a function index"), functions.length, "function");
  }
  return count;
}

function readDataSegment({ name, functions, memories }: ModuleShape, reader: WasmReader): void {
  const flags = reader.u32("the flags of a data segment");
  if (flags > 2) throw invalid(name, `has a data segment of unknown form ${flags}`);
  if (flags === 2) {
    const memory = reader.u32("a memory index");
    if (memory !== 0) throw invalid(name, `uses multi-memory (memory ${memory})`);
  }
  if (flags !== 1) {
    check(name, 0, memories.length, "memory");
    readOffset(name, reader, functions.length);
  }
  reader.take(reader.u32("the length of a data segment"), "a data segment");
}

/** An offset is an i32; the engine says so too, but this names a 64-bit one. */
function readOffset(name: string, reader: WasmReader, functions: number): void {
  const start = reader.position;
  const [opcode] = readConstant(name, reader, functions);
  if (opcode === 0x42) throw invalid(name, `uses memory64 (a 64-bit offset at byte ${start})`);
}
