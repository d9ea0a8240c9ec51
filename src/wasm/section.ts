import { malformed, WasmReader } from "./reader.ts";

/** Section ids of core Wasm 2.0. @see Wasm 2.0, 5.5.2 */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** Far above what toolchains write; empty custom sections cost two bytes each in a file. */
const MAX_SECTIONS = 1_000;

/** Sections other than custom ones stand once each, in this order. @see Wasm 2.0, 5.5.16 */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/** One section of a module, by its place in the file. */
export interface Section {
  readonly id: number;
  /** Where its id byte stands. */
  readonly start: number;
  /** Where its content begins; for a custom section, behind the name. */
  readonly contentStart: number;
  /** One past its last byte. */
  readonly end: number;
  /** Custom sections only. */
  readonly name?: string;
}

/**
 * Splits a module into its sections; looks at frames only, not into them.
 *
 * @throws {PluginError} `bundle.malformed` for a wrong preamble, a component, a section that is cut
 * short, doubled, out of order or unknown.
 * @see Wasm 2.0, 5.5.16
 */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new WasmReader(bytes);
  checkPreamble(bytes);
  reader.position = 8;
  const sections: Section[] = [];
  let lastRank = -1;
  while (!reader.done) {
    if (sections.length === MAX_SECTIONS) {
      throw malformed(`it has more than ${MAX_SECTIONS} sections`, reader.position);
    }
    const start = reader.position;
    const id = reader.byte("a section id");
    const length = reader.u32("a section length");
    const content = reader.position;
    reader.take(length, `section ${id}`);
    const end = reader.position;
    if (id === SECTION.custom) {
      const inner = new WasmReader(bytes, content, end);
      const name = inner.name("the name of a custom section");
      sections.push({ id, start, contentStart: inner.position, end, name });
      continue;
    }
    const rank = ORDER.indexOf(id);
    if (rank === -1) throw malformed(`section id ${id} is not known to Wasm 2.0`, start);
    if (rank <= lastRank) throw malformed(`section ${id} is doubled or out of order`, start);
    lastRank = rank;
    sections.push({ id, start, contentStart: content, end });
  }
  return sections;
}

function checkPreamble(bytes: Uint8Array): void {
  const [a, b, c, d, v0, v1, v2, v3] = bytes;
  if (a !== 0x00 || b !== 0x61 || c !== 0x73 || d !== 0x6d) {
    throw malformed("it does not begin with the Wasm magic bytes", 0);
  }
  if (v0 === 0x0d && v2 === 0x01) {
    throw malformed("it is a component; a plugin is a core module", 4);
  }
  if (v0 !== 1 || v1 !== 0 || v2 !== 0 || v3 !== 0) throw malformed("its version is not 1", 4);
}
