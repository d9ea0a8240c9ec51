/**
 * Makes fuel tell the truth about an interpreter. The meter charges a loop, each time round, for the
 * longest path through it, and in an interpreter's loop that is the longest of 250 instructions of
 * JavaScript, of which one runs. But code within a loop of its own is charged when it is reached; so
 * long arms of an `if` and of a `br_table` are put into loops that go round once.
 */
import { WasmReader } from "../src/wasm/reader.ts";
import { readSections, SECTION } from "../src/wasm/section.ts";
import { concatBytes, encodeU32, replaceSections } from "../src/wasm/writer.ts";

/**
 * Shorter arms stay as they are. With 16, calls take a third longer; with 64 they take as long as before,
 * and a loop in JavaScript is charged 3.4 times less.
 */
const MIN_INSTRUCTIONS = 64;

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const BR_TABLE = 0x0e;
const VOID = 0x40;

/** One instruction by its place. `labels` are those of branches. */
interface Instruction {
  readonly opcode: number;
  readonly start: number;
  readonly end: number;
  /** Of `block`, `loop` and `if`: the byte of its type. */
  readonly type?: number;
  readonly labels?: readonly number[];
}

/** A block with what is in it; the body of a function is one too. */
interface Block {
  readonly opcode: number;
  readonly type: number;
  readonly items: (number | Block)[];
  /** Of an `if` with an `else`: where in `items` the second arm begins, and the index of the `else`. */
  second?: { readonly from: number; readonly index: number };
  /** Index of the instruction that opens it; -1 of a body. */
  readonly start: number;
  /** Index of its `end`. */
  end: number;
}

/** Loops that are put in: the types of those that begin before an instruction, how many end before it. */
interface Loops {
  readonly starts: Map<number, number[]>;
  readonly ends: Map<number, number>;
}

/** The module with long arms in loops. It must not use more than the engine does: no SIMD, no types by index. */
export function splitPaths(bytes: Uint8Array): Uint8Array {
  const sections = readSections(bytes);
  const { contentStart, end } = sections.find(({ id }) => id === SECTION.code)!;
  const reader = new WasmReader(bytes, contentStart, end);
  const count = reader.u32("a count");
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let index = 0; index < count; index++) {
    const size = reader.u32("a size");
    const body = splitBody(bytes, reader.position, reader.position + size);
    parts.push(Uint8Array.from(encodeU32(body.length)), body);
    reader.position += size;
  }
  return replaceSections(bytes, sections, new Map([[SECTION.code, concatBytes(parts)]]));
}

function splitBody(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const reader = new WasmReader(bytes, start, end);
  for (let groups = reader.u32("a count"); groups > 0; groups--) {
    reader.u32("a count");
    reader.byte("a type");
  }
  const code = reader.position;
  const instructions: Instruction[] = [];
  while (!reader.done) instructions.push(readInstruction(reader));
  const loops: Loops = { starts: new Map(), ends: new Map() };
  placeLoops(readBlocks(instructions), loops);
  const parts = [bytes.subarray(start, code)];
  /** The open blocks; true for those that are put in. */
  const open: boolean[] = [];
  instructions.forEach((instruction, index) => {
    const { opcode, labels } = instruction;
    for (let left = loops.ends.get(index) ?? 0; left > 0; left--) {
      open.pop();
      parts.push(Uint8Array.of(END));
    }
    for (const type of loops.starts.get(index) ?? []) {
      open.push(true);
      parts.push(Uint8Array.of(LOOP, type));
    }
    if (opcode === END) open.pop();
    if (labels === undefined) parts.push(bytes.subarray(instruction.start, instruction.end));
    else parts.push(encodeBranch(opcode, labels.map((label) => shifted(label, open))));
    if (opcode === BLOCK || opcode === LOOP || opcode === IF) open.push(false);
  });
  return concatBytes(parts);
}

/** A label over the blocks that are put in between. */
function shifted(label: number, open: readonly boolean[]): number {
  let at = open.length - 1;
  for (let left = label; at >= 0; at--) {
    if (open[at]) continue;
    if (left === 0) break;
    left--;
  }
  return open.length - 1 - at;
}

function encodeBranch(opcode: number, labels: readonly number[]): Uint8Array {
  const count = opcode === BR_TABLE ? encodeU32(labels.length - 1) : [];
  return Uint8Array.from([opcode, ...count, ...labels.flatMap(encodeU32)]);
}

/** The instructions of a body as blocks within each other. */
function readBlocks(instructions: readonly Instruction[]): Block {
  const body: Block = { opcode: BLOCK, type: VOID, items: [], start: -1, end: -1 };
  const open = [body];
  instructions.forEach(({ opcode, type }, index) => {
    const block = open.at(-1)!;
    if (opcode === BLOCK || opcode === LOOP || opcode === IF) {
      const inner: Block = { opcode, type: type!, items: [], start: index, end: -1 };
      block.items.push(inner);
      open.push(inner);
    } else if (opcode === ELSE) {
      block.second = { from: block.items.length, index };
    } else if (opcode === END) {
      block.end = index;
      open.pop();
    } else {
      block.items.push(index);
    }
  });
  return body;
}

/** Puts loops around long arms in `block`. @returns Its instructions that are in no loop within. */
function placeLoops(block: Block, loops: Loops): number {
  const { opcode, type, items, second, start, end } = block;
  const sum = (part: readonly (number | Block)[]) =>
    part.reduce<number>(
      (own, item) => own + (typeof item === "number" ? 1 : placeLoops(item, loops)),
      0,
    );
  const arm = (part: readonly (number | Block)[], from: number, to: number): number => {
    const own = sum(part);
    if (own < MIN_INSTRUCTIONS) return own;
    loops.starts.set(from, [type, ...(loops.starts.get(from) ?? [])]);
    loops.ends.set(to, (loops.ends.get(to) ?? 0) + 1);
    return 1;
  };
  if (opcode === IF) {
    const first = arm(items.slice(0, second?.from), start + 1, second?.index ?? end);
    if (second === undefined) return first + 1;
    return first + 1 + arm(items.slice(second.from), second.index + 1, end);
  }
  if (opcode === LOOP) {
    sum(items);
    return 1;
  }
  // Behind a block that stands first in another one is what a branch of a `br_table` leads to.
  const [head, ...tail] = items;
  if (typeof head === "object" && head.opcode === BLOCK && head.type === VOID && start >= 0) {
    return placeLoops(head, loops) + arm(tail, head.end + 1, end);
  }
  return sum(items);
}

function readInstruction(reader: WasmReader): Instruction {
  const start = reader.position;
  const opcode = reader.byte("an instruction");
  const labels: number[] = [];
  let type: number | undefined;
  const skip = (times: number) => {
    for (; times > 0; times--) reader.skipLeb("an immediate");
  };
  if (opcode === BLOCK || opcode === LOOP || opcode === IF) {
    type = reader.byte("a block type");
    if (type < 0x40) throw new Error("Cannot split paths: a block has a type by index");
  } else if (opcode === BR || opcode === BR_IF) {
    labels.push(reader.u32("a label"));
  } else if (opcode === BR_TABLE) {
    const count = reader.u32("a count");
    for (let left = count + 1; left > 0; left--) labels.push(reader.u32("a label"));
  } else if (opcode === 0x10 || (opcode >= 0x20 && opcode <= 0x26)) {
    skip(1);
  } else if (opcode === 0x11 || (opcode >= 0x28 && opcode <= 0x3e)) {
    skip(2);
  } else if (opcode === 0x3f || opcode === 0x40 || opcode === 0x41 || opcode === 0x42) {
    skip(1);
  } else if (opcode === 0x43) {
    reader.take(4, "a number");
  } else if (opcode === 0x44) {
    reader.take(8, "a number");
  } else if (opcode === 0xfc) {
    const bulk = reader.u32("an instruction");
    const immediates = [8, 10].includes(bulk) ? 2 : [9, 11].includes(bulk) ? 1 : 0;
    if (bulk > 11) throw new Error(`Cannot split paths: instruction 0xfc ${bulk}`);
    skip(immediates);
  } else if (opcode > 0xc4 || opcode === 0x1c) {
    throw new Error(`Cannot split paths: instruction 0x${opcode.toString(16)}`);
  }
  const hasLabels = labels.length > 0;
  return {
    opcode,
    start,
    end: reader.position,
    ...(type === undefined ? {} : { type }),
    ...(hasLabels ? { labels } : {}),
  };
}
