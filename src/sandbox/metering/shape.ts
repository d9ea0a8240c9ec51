import { MODULE_CAPS } from "../../limits.ts";
import type { ModuleOutline } from "../../wasm/outline.ts";
import { WasmReader } from "../../wasm/reader.ts";
import { SECTION } from "../../wasm/section.ts";
import { readConstant } from "./constant.ts";
import { invalid } from "./invalid.ts";

/** A function type, in numbers. */
export interface TypeShape {
  readonly params: number;
  readonly results: number;
  /** Its results' type codes, as the module has them. */
  readonly resultCodes: Uint8Array;
  /** True where a parameter or result is a v128. */
  readonly wide: boolean;
}

/** A global of the module. */
export interface GlobalShape {
  readonly type: number;
  readonly mutable: boolean;
  /** Its initial value: a constant expression without its `end`. */
  readonly initial: Uint8Array;
}

/** What indices within a module may refer to: the original's, before anything is appended. */
export interface ModuleShape {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly types: readonly TypeShape[];
  /** The type of each function, imported ones first. */
  readonly functions: Uint32Array;
  readonly importedFunctions: number;
  readonly globals: readonly GlobalShape[];
  readonly tables: ModuleOutline["tables"];
  readonly memories: ModuleOutline["memories"];
  readonly elements: number;
  readonly data: number;
}

const V128 = 0x7b;

/** A reader of a section's content, if the module has that section. */
export type OpenSection = (id: number) => WasmReader | undefined;

/** Gives {@link OpenSection} of a module. */
export function sectionsOf(bytes: Uint8Array, { sections }: ModuleOutline): OpenSection {
  return (id) => {
    const section = sections.find((s) => s.id === id);
    return section && new WasmReader(bytes, section.contentStart, section.end);
  };
}

/**
 * Reads what the walk over the code needs, with the caps of {@link MODULE_CAPS} and every index of
 * these sections checked.
 *
 * @throws {PluginError} `sandbox.module-invalid`, `bundle.malformed`
 */
export function readShape(name: string, bytes: Uint8Array, outline: ModuleOutline): ModuleShape {
  const open = sectionsOf(bytes, outline);
  const types = vector(name, open(SECTION.type), "types", MODULE_CAPS.types, readType);
  const imported = importedTypes(open(SECTION.import));
  const own = vector(
    name,
    open(SECTION.function),
    "functions",
    MODULE_CAPS.functions,
    (r) => r.u32("a type index"),
  );
  const functions = Uint32Array.from([...imported, ...own]);
  for (const type of functions) check(name, type, types.length, "type");
  const globals = vector(
    name,
    open(SECTION.global),
    "globals",
    MODULE_CAPS.globals,
    (r): GlobalShape => {
      const type = r.byte("a global's type");
      const mutable = r.byte("a global's mutability") === 1;
      return { type, mutable, initial: readConstant(name, r, functions.length) };
    },
  );
  const elements = open(SECTION.element)?.u32("the number of element segments") ?? 0;
  const data = (open(SECTION.dataCount) ?? open(SECTION.data))?.u32("the number of data segments");
  return {
    name,
    bytes,
    types,
    functions,
    importedFunctions: imported.length,
    globals,
    tables: outline.tables,
    memories: outline.memories,
    elements,
    data: data ?? 0,
  };
}

/** Refuses an index that the original module does not have. */
export function check(name: string, index: number, count: number, what: string): void {
  if (index >= count) throw invalid(name, `refers to ${what} ${index}, it has ${count}`);
}

/** The items of a section, at most `most`. */
export function vector<T>(
  name: string,
  reader: WasmReader | undefined,
  what: string,
  most: number,
  item: (reader: WasmReader) => T,
): T[] {
  const items: T[] = [];
  if (reader === undefined) return items;
  const count = reader.u32(`the number of ${what}`);
  if (count > most) throw invalid(name, `has ${count} ${what}, at most ${most} are allowed`);
  for (let index = 0; index < count; index++) items.push(item(reader));
  return items;
}

function readType(reader: WasmReader): TypeShape {
  reader.byte("the form of a type");
  const params = reader.take(reader.u32("the number of parameters"), "parameters");
  const resultCodes = reader.take(reader.u32("the number of results"), "results");
  return {
    params: params.length,
    results: resultCodes.length,
    resultCodes,
    wide: params.includes(V128) || resultCodes.includes(V128),
  };
}

/** Type indices of imported functions; whoever loads a module refuses imports of other kinds. */
function importedTypes(reader: WasmReader | undefined): number[] {
  const types: number[] = [];
  if (reader === undefined) return types;
  for (let left = reader.u32("the number of imports"); left > 0; left--) {
    reader.take(reader.u32("a length"), "a module's name");
    reader.take(reader.u32("a length"), "a name");
    reader.byte("an import's kind");
    types.push(reader.u32("a type index"));
  }
  return types;
}
