import { CAPABILITY_MODULE } from "../capability-module.ts";
import { concatBytes } from "../concat-bytes.ts";
import { WasmReader } from "../wasm/reader.ts";
import { SECTION } from "../wasm/section.ts";
import { encodeName, encodeU32, replaceSections } from "../wasm/writer.ts";
import { encodeData } from "./data-segments.ts";
import type { Engine } from "./engine/engine.ts";
import type { EngineState } from "./engine/session.ts";
import { encodeGlobals } from "./globals.ts";

/** What a plugin's module is made of. */
export interface SnapshotParts {
  readonly engine: Engine;
  readonly state: EngineState;
  /** Names of the plugin's exports; the first is the engine's first entry. */
  readonly entries: readonly string[];
  /** Names of the functions of capabilities, for the engine's first slots. */
  readonly slots: readonly string[];
  /** What the plugin's memory may grow to, in pages of 64 KiB. */
  readonly memoryPages: number;
}

const PAGE_BYTES = 65_536;

/** Exports that every plugin has besides its entry points. */
const COMMON_EXPORTS = ["memory", "cofferdam_input", "cofferdam_output"];

/**
 * Writes an engine in the state that it has as a module of its own: what is in memory becomes data,
 * globals begin as they are, entries get their names, and slots that are not used become functions
 * that only trap, so that no index changes.
 */
export function writeSnapshot(parts: SnapshotParts): Uint8Array {
  const { engine, state, entries, slots, memoryPages } = parts;
  const { bytes, outline } = engine;
  const unused = unusedSlots(parts);
  const data = encodeData(state.memory, stackEnd(parts));
  const pages = state.memory.length / PAGE_BYTES;
  const exported = [
    ...COMMON_EXPORTS.map((name) => [name, name] as const),
    ...entries.map((name, index) => [name, `entry:${index}`] as const),
  ].map(([name, original]) => {
    const { kind, index } = outline.exports.find((item) => item.name === original)!;
    const code = kind === "memory" ? 2 : 0;
    return concatBytes([encodeName(name), Uint8Array.from([code, ...encodeU32(index)])]);
  });
  const trap = [3, 0, 0x00, 0x0b]; // three bytes: no locals, `unreachable`, `end`
  const type = encodeU32(slotType(engine));
  return replaceSections(
    bytes,
    outline.sections,
    new Map([
      [SECTION.import, encodeImports(engine, slots, unused)],
      [SECTION.function, prepended(engine, SECTION.function, Array(unused).fill(type))],
      [
        SECTION.memory,
        Uint8Array.from([1, 1, ...encodeU32(pages), ...encodeU32(Math.max(pages, memoryPages))]),
      ],
      [SECTION.global, encodeGlobals(engine, state.globals)],
      [
        SECTION.export,
        concatBytes([Uint8Array.from(encodeU32(exported.length)), ...exported]),
      ],
      [SECTION.dataCount, Uint8Array.from(encodeU32(data.count))],
      [SECTION.code, prepended(engine, SECTION.code, Array(unused).fill(trap))],
      [SECTION.data, data.content],
    ]),
  );
}

function unusedSlots({ engine, slots }: SnapshotParts): number {
  return engine.outline.imports.filter((item) => item.module === CAPABILITY_MODULE).length -
    slots.length;
}

/** Between calls nobody reads what lies below the stack pointer. */
function stackEnd({ engine, state }: SnapshotParts): number {
  const { index } = engine.outline.exports.find((item) => item.name === "__stack_pointer")!;
  return Number(state.globals.get(index));
}

function sectionReader({ bytes, outline }: Engine, id: number): WasmReader {
  const { contentStart, end } = outline.sections.find((section) => section.id === id)!;
  return new WasmReader(bytes, contentStart, end);
}

/** The index of the type that every slot has. */
function slotType(engine: Engine): number {
  const reader = sectionReader(engine, SECTION.import);
  let type = -1;
  for (let left = reader.u32("a count"); left > 0; left--) {
    const module = reader.name("a module");
    reader.name("a name");
    reader.byte("a kind");
    const index = reader.u32("a type index");
    if (module === CAPABILITY_MODULE) type = index;
  }
  return type;
}

function encodeImports(engine: Engine, slots: readonly string[], unused: number): Uint8Array {
  const reader = sectionReader(engine, SECTION.import);
  const count = reader.u32("a count");
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count - unused))];
  let slot = 0;
  for (let left = count; left > 0; left--) {
    const module = reader.name("a module");
    const name = reader.name("a name");
    const kind = reader.byte("a kind");
    const type = reader.u32("a type index");
    const isSlot = module === CAPABILITY_MODULE;
    const named = isSlot ? slots[slot++] : name;
    if (named === undefined) continue;
    const description = Uint8Array.from([kind, ...encodeU32(type)]);
    parts.push(encodeName(module), encodeName(named), description);
  }
  return concatBytes(parts);
}

/** A vector section with more items before its own. */
function prepended(
  engine: Engine,
  id: number,
  items: readonly (readonly number[])[],
): Uint8Array {
  const reader = sectionReader(engine, id);
  const count = reader.u32("a count");
  const own = engine.bytes.subarray(reader.position, reader.end);
  const head = [...encodeU32(count + items.length), ...items.flat()];
  return concatBytes([Uint8Array.from(head), own]);
}
