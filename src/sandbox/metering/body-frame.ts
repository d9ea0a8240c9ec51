import { MODULE_CAPS } from "../../limits.ts";
import { encodeU32 } from "../../wasm/writer.ts";
import type { Appendix } from "./appendix.ts";
import {
  type CallPieces,
  callPieces,
  type ChargePieces,
  type KeptFuel,
  keptFuel,
  type Piece,
} from "./charge.ts";
import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { canonicalise, KEPT_FUEL, SAVED_STACK, SCRATCH_OF, SCRATCH_TYPES } from "./nan.ts";
import { encodeSigned, type Output, putPadded, putU32, sizeOfSigned, sizeOfU32 } from "./output.ts";
import { STACK } from "./schedule.ts";
import type { ModuleShape, TypeShape } from "./shape.ts";

/** What stands before a body's code at most, besides its declarations of locals. */
export const HEAD_ROOM = 128;

/** The locals that a function declares. */
export interface DeclaredLocals {
  readonly groups: number;
  /** Where the groups begin and end. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly wide: boolean;
}

/** Reads the locals at the begin of a body. */
export function readLocals(
  name: string,
  bytes: Uint8Array,
  at: number,
  end: number,
): DeclaredLocals {
  const groups = readU32(name, bytes, at, end);
  const start = lebEnd;
  let p = start;
  let count = 0;
  let wide = false;
  for (let left = groups; left > 0; left--) {
    const size = readU32(name, bytes, p, end);
    p = lebEnd;
    // Not added up first: a sum of such numbers would no longer be exact.
    if (size > MODULE_CAPS.locals) count = MODULE_CAPS.locals;
    count += size;
    if (count > MODULE_CAPS.locals) {
      throw invalid(name, `has a function of more than ${MODULE_CAPS.locals} locals`);
    }
    checkValueType(name, bytes[p]!, p);
    if (bytes[p++] === 0x7b) wide = true;
  }
  return { groups, start, end: p, count, wide };
}

/** Refuses a type code that is none of Wasm 2.0's. */
export function checkValueType(name: string, code: number, at: number): void {
  if ((code >= 0x7b && code <= 0x7f) || code === 0x70 || code === 0x6f) return;
  throw invalid(name, `uses the unknown value type 0x${code?.toString(16)} at byte ${at}`);
}

/** What the walk over a body found out. */
export interface WalkedBody {
  readonly type: number;
  readonly locals: DeclaredLocals;
  /** Where the code stands in the output, without the last `end`. */
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly charge: number;
  /** Where the function keeps its fuel in a local. */
  readonly kept: KeptFuel | undefined;
  /** Operands at most, and parameters and results of the widest call. */
  readonly operands: number;
  readonly widestCall: number;
  /** What stands around its calls, where it has any. */
  readonly calls: CallPieces | undefined;
  /** True where the host may call it. */
  readonly entered: boolean;
  readonly wide: boolean;
}

/** Puts the code of one body into its frame: scratch locals, charges, the counted depth. */
export class BodyFrame {
  readonly #pieces: ChargePieces;
  // Bytes of what counts the depth, without its operands.
  readonly #enterSize: number;
  readonly #leaveSize: number;
  readonly #shape: ModuleShape;
  readonly #appendix: Appendix;
  readonly #output: Output;
  /** Scratch locals of the body at hand, in order of their first use. */
  #scratch: number[] = [];
  readonly #canonical = new Map<number, Uint8Array>();
  readonly #kept = new Map<number, KeptFuel>();
  readonly #calls = new Map<number, CallPieces>();

  constructor(shape: ModuleShape, appendix: Appendix, output: Output, pieces: ChargePieces) {
    this.#shape = shape;
    this.#appendix = appendix;
    this.#output = output;
    this.#pieces = pieces;
    this.#enterSize = lengthOf(...pieces.enter, pieces.enterEnd);
    this.#leaveSize = lengthOf(...pieces.leave, pieces.leaveEnd);
  }

  /** Forgets the body before, and what was begun of this one. */
  begin(): void {
    if (this.#scratch.length > 0) this.#scratch = [];
  }

  /** The code that makes a float canonical, in a function of `locals` locals. */
  canonical(type: number, locals: number): Uint8Array {
    const place = this.#place(SCRATCH_OF[type]!);
    const key = (locals + place) * 8 + type;
    let code = this.#canonical.get(key);
    if (code === undefined) {
      code = canonicalise(type, encodeU32(locals + place));
      this.#canonical.set(key, code);
    }
    return code;
  }

  /** The code that keeps the fuel in a local, in a function of `locals` locals. */
  keptFuel(locals: number): KeptFuel {
    const local = locals + this.#place(KEPT_FUEL);
    let code = this.#kept.get(local);
    if (code === undefined) {
      code = keptFuel(local, this.#appendix.fuelGlobal);
      this.#kept.set(local, code);
    }
    return code;
  }

  /** The code around calls, in a function of `locals` locals. */
  callPieces(locals: number, kept: KeptFuel | undefined): CallPieces {
    const local = locals + this.#place(SAVED_STACK);
    // More than there are locals, so that no two pairs share a key.
    const key = local * 2 ** 17 + (kept === undefined ? 0 : kept.local + 1);
    let code = this.#calls.get(key);
    if (code === undefined) {
      code = callPieces(local, this.#appendix.stackGlobal, kept);
      this.#calls.set(key, code);
    }
    return code;
  }

  /**
   * Writes the head before the code and what follows it, and ends the body.
   *
   * @returns Whether its depth is counted.
   */
  finish(body: WalkedBody): boolean {
    const { locals, codeStart, codeEnd, charge, kept, calls, entered } = body;
    const pieces = this.#pieces;
    const scratch = this.#scratch;
    const type = this.#shape.types[body.type]!;
    const weight = this.#weigh(body, type);
    const counted = calls !== undefined || weight > STACK.uncounted;
    const saved = type.params + locals.count + (counted ? this.#place(SAVED_STACK) : 0);
    const operands = sizeOfU32(saved) + sizeOfSigned(weight);
    // The host says once what the stack is, and then calls more than once.
    const givesBack = calls !== undefined && entered;
    const blockType = kept || givesBack ? this.#blockType(type) : undefined;
    // The last `end`, and what comes before it.
    let around = 1;
    if (counted) around += this.#enterSize + operands + sizeOfU32(saved);
    if (blockType) around += 2 + blockType.length;
    if (kept) around += kept.store.length;
    if (givesBack) around += this.#leaveSize + operands;
    const chargeWidth = sizeOfSigned(charge);
    const groups = locals.groups + scratch.length;
    const size = sizeOfU32(groups) + (locals.end - locals.start) + 2 * scratch.length +
      chargeWidth +
      (kept
        ? kept.enter.length + kept.check.length
        : lengthOf(pieces.fuelBefore, pieces.fuelAfter)) +
      (codeEnd - codeStart) + around;
    if (size > MODULE_CAPS.bodyBytes) {
      throw invalid(
        this.#shape.name,
        `has a function of ${size} bytes with its charges, at most ${MODULE_CAPS.bodyBytes} are allowed`,
      );
    }
    const output = this.#output;
    const room = codeEnd + around;
    const out = room > output.bytes.length ? output.grow(room) : output.bytes;
    let o = putU32(out, output.length, size);
    o = putU32(out, o, groups);
    out.copyWithin(o, locals.start, locals.end);
    o += locals.end - locals.start;
    for (const kind of scratch) {
      out[o++] = 1;
      out[o++] = SCRATCH_TYPES[kind]!;
    }
    o = kept ? copyCode(out, o, kept.enter) : copyPiece(out, o, pieces.fuelBefore);
    o = putPadded(out, o, charge, chargeWidth);
    o = kept ? copyCode(out, o, kept.check) : copyPiece(out, o, pieces.fuelAfter);
    if (counted) o = this.#enter(out, o, saved, weight);
    if (blockType) {
      out[o++] = 0x02;
      o = copyCode(out, o, blockType);
    }
    out.copyWithin(o, codeStart, codeEnd);
    o += codeEnd - codeStart;
    if (blockType) out[o++] = 0x0b;
    if (kept) o = copyCode(out, o, kept.store);
    if (givesBack) o = this.#leave(out, o, saved, weight);
    out[o++] = 0x0b;
    output.length = o;
    return counted;
  }

  /** The place of a scratch local behind the function's own. */
  #place(kind: number): number {
    const place = this.#scratch.indexOf(kind);
    return place < 0 ? this.#scratch.push(kind) - 1 : place;
  }

  #enter(out: Uint8Array, at: number, saved: number, weight: number): number {
    const { enter: [take, keep, check], enterEnd } = this.#pieces;
    let o = putPadded(out, copyPiece(out, at, take), weight, sizeOfSigned(weight));
    o = putU32(out, copyPiece(out, o, keep), saved);
    o = putU32(out, copyPiece(out, o, check), saved);
    return copyPiece(out, o, enterEnd);
  }

  #leave(out: Uint8Array, at: number, saved: number, weight: number): number {
    const { leave: [left, add], leaveEnd } = this.#pieces;
    const o = putU32(out, copyPiece(out, at, left), saved);
    const end = putPadded(out, copyPiece(out, o, add), weight, sizeOfSigned(weight));
    return copyPiece(out, end, leaveEnd);
  }

  /**
   * An estimate from above of the native frame. Parameters count twice: a caller lays them down, and
   * baseline code copies them into the callee's own frame.
   */
  #weigh(body: WalkedBody, type: TypeShape): number {
    const slot = body.wide ? STACK.wideSlot : STACK.slot;
    // The counter's own local is among the scratch ones where there are calls.
    const scratch = this.#scratch.length + (body.calls === undefined ? 1 : 0);
    const slots = 2 * type.params + body.locals.count + scratch + body.operands + body.widestCall;
    return Math.min(STACK.frame + slot * slots, STACK.most);
  }

  #blockType({ results, resultCodes }: TypeShape): readonly number[] {
    if (results === 0) return VOID;
    if (results === 1) return [...resultCodes];
    return encodeSigned(this.#appendix.type([], [...resultCodes]));
  }
}

const VOID: readonly number[] = [0x40];

/** A loop: most of these are a few bytes, less than a call into the engine is worth. */
function copyCode(out: Uint8Array, at: number, code: ArrayLike<number>): number {
  for (let index = 0; index < code.length; index++) out[at++] = code[index]!;
  return at;
}

function lengthOf(...pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { start, end }) => sum + end - start, 0);
}

function copyPiece(out: Uint8Array, at: number, { start, end }: Piece): number {
  out.copyWithin(at, start, end);
  return at + end - start;
}
