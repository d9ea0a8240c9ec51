import { malformed, WasmReader } from "./reader.ts";
import { readSections, SECTION, type Section } from "./section.ts";

/** What kind of thing an import or export is. */
export type ExternalKind = "function" | "table" | "memory" | "global";

/** Each kind by its code. @see Wasm 2.0, 5.5.5 */
export const EXTERNAL_KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global"];

/** A function's type, in the text format's names: `(i64) -> i64`. */
export interface FunctionType {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

/** An import as the module names it. */
export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  /** Functions only; undefined also where the type index is out of range. */
  readonly type?: FunctionType | undefined;
}

/** An export as the module names it. */
export interface WasmExport {
  readonly name: string;
  readonly kind: ExternalKind;
  /** In the index space of its kind, imports first. */
  readonly index: number;
  readonly type?: FunctionType | undefined;
}

/** Size bounds of a memory or table. */
export interface SizeLimits {
  readonly min: number;
  readonly max?: number;
}

/** A table: the code of its reference type, and its size. */
export interface TableType {
  readonly referenceType: number;
  readonly limits: SizeLimits;
}

/** What a module shows to the outside, read without compiling it. */
export interface ModuleOutline {
  readonly sections: readonly Section[];
  readonly imports: readonly WasmImport[];
  readonly exports: readonly WasmExport[];
  /** Memories of its own, sizes in pages of 64 KiB. */
  readonly memories: readonly SizeLimits[];
  /** Tables of its own, sizes in elements. */
  readonly tables: readonly TableType[];
  /** Index of the start function, which runs while the module is instantiated. */
  readonly start?: number;
}

const VALUE_TYPES: Readonly<Record<number, string>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};

/**
 * Reads what a module imports, exports and how much memory it declares.
 *
 * @throws {PluginError} `bundle.malformed` where a section is cut short or uses what core Wasm 2.0
 * does not have (64-bit or shared memories, other type forms).
 */
export function readOutline(bytes: Uint8Array): ModuleOutline {
  const sections = readSections(bytes);
  const open = (id: number) => {
    const section = sections.find((s) => s.id === id);
    return section && new WasmReader(bytes, section.contentStart, section.end);
  };
  const types = readVector(open(SECTION.type), "the type section", readFunctionType);
  const imports = readVector(
    open(SECTION.import),
    "the import section",
    (r) => readImport(r, types),
  );
  const own = readVector(
    open(SECTION.function),
    "the function section",
    (r) => r.u32("a type index"),
  );
  const memories = readVector(
    open(SECTION.memory),
    "the memory section",
    (r) => readLimits(r, "memory"),
  );
  const tables = readVector(open(SECTION.table), "the table section", readTable);
  const functions = [
    ...imports.filter((i) => i.kind === "function").map((i) => i.type),
    ...own.map((index) => types[index]),
  ];
  const exports = readVector(open(SECTION.export), "the export section", (r): WasmExport => {
    const name = r.name("an export's name");
    const kind = readKind(r);
    const index = r.u32("an export's index");
    return kind === "function"
      ? { name, kind, index, type: functions[index] }
      : { name, kind, index };
  });
  const start = open(SECTION.start)?.u32("the start function");
  return {
    sections,
    imports,
    exports,
    memories,
    tables,
    ...(start === undefined ? {} : { start }),
  };
}

/** Items of one vector: below the limits of engines, above what toolchains write. */
const MAX_ITEMS = 100_000;

/** Parameters or results of one function. @see WebAssembly JavaScript Interface, limits */
const MAX_VALUES = 1_000;

/** A vector that fills its section to the last byte. */
function readVector<T>(
  reader: WasmReader | undefined,
  what: string,
  item: (reader: WasmReader) => T,
): T[] {
  if (reader === undefined) return [];
  const count = reader.u32(`the length of ${what}`);
  if (count > MAX_ITEMS) {
    throw malformed(`${what} holds more than ${MAX_ITEMS} items`, reader.position);
  }
  const items: T[] = [];
  // Not `new Array(count)`: the count is the file's claim, each item must really be there.
  for (let index = 0; index < count; index++) items.push(item(reader));
  if (!reader.done) throw malformed(`${what} holds more than it says`, reader.position);
  return items;
}

function readFunctionType(reader: WasmReader): FunctionType {
  const form = reader.byte("a type");
  if (form !== 0x60) {
    throw malformed(`type form 0x${form.toString(16)} is not a function type`, reader.position);
  }
  const list = () => {
    const count = reader.u32("the length of a type list");
    if (count > MAX_VALUES) throw malformed("a function type is too long", reader.position);
    const types: string[] = [];
    for (let index = 0; index < count; index++) types.push(readValueType(reader));
    return types;
  };
  const params = list();
  return { params, results: list() };
}

function readValueType(reader: WasmReader): string {
  const code = reader.byte("a value type");
  const name = VALUE_TYPES[code];
  if (name === undefined) {
    throw malformed(`value type 0x${code.toString(16)} is not known to Wasm 2.0`, reader.position);
  }
  return name;
}

function readKind(reader: WasmReader): ExternalKind {
  const code = reader.byte("an external kind");
  const kind = EXTERNAL_KINDS[code];
  if (kind === undefined) throw malformed(`external kind ${code} is not known`, reader.position);
  return kind;
}

function readImport(reader: WasmReader, types: readonly FunctionType[]): WasmImport {
  const module = reader.name("an import's module name");
  const name = reader.name("an import's name");
  const kind = readKind(reader);
  if (kind === "function") {
    return { module, name, kind, type: types[reader.u32("a type index")] };
  }
  if (kind === "memory") readLimits(reader, "memory");
  else {
    readValueType(reader);
    if (kind === "table") readLimits(reader, "table");
    else reader.byte("a global's mutability");
  }
  return { module, name, kind };
}

/** @see Wasm 2.0, 5.3.9; other forms are later proposals */
function readTable(reader: WasmReader): TableType {
  const referenceType = reader.byte("the type of a table");
  if (referenceType !== 0x70 && referenceType !== 0x6f) {
    throw malformed(
      `table type 0x${referenceType.toString(16)} is not known to Wasm 2.0`,
      reader.position,
    );
  }
  return { referenceType, limits: readLimits(reader, "table") };
}

/** @see Wasm 2.0, 5.3.4; flags above 1 are the threads and memory64 proposals */
function readLimits(reader: WasmReader, what: "memory" | "table"): SizeLimits {
  const flags = reader.byte(`the limits of a ${what}`);
  if (flags > 1) {
    throw malformed(`a ${what} is shared or 64-bit, which no plugin may use`, reader.position);
  }
  const min = reader.u32(`the minimum of a ${what}`);
  if (flags === 0) return { min };
  const max = reader.u32(`the maximum of a ${what}`);
  if (max < min) throw malformed(`a ${what} has a maximum below its minimum`, reader.position);
  return { min, max };
}

/** True for an export that can be called as an entry point: a function `() -> i32`. */
export function isEntryPoint(item: WasmExport | undefined): boolean {
  const type = item?.kind === "function" ? item.type : undefined;
  return type?.params.length === 0 && type.results.length === 1 && type.results[0] === "i32";
}
