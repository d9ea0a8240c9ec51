import { MODULE_CAPS } from "../../limits.ts";
import type { Appendix } from "./appendix.ts";
import { BodyFrame, checkValueType, HEAD_ROOM, readLocals } from "./body-frame.ts";
import { BULK_NET, readBulk } from "./bulk.ts";
import type { CallPieces, ChargePieces, KeptFuel } from "./charge.ts";
import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { isHidden, RESULT, SIMD_RESULT } from "./nan.ts";
import { BULK, describeRefused, NET } from "./opcode.ts";
import { SIMD_NET, SIMD_SHAPE, SIMD_SHAPES } from "./opcode.ts";
import { type Output, putPadded, putU32 } from "./output.ts";
import { FUEL, FUEL_PER_BYTE } from "./schedule.ts";
import { describeAlignment, runCount, runNet, runPeak, scanRun } from "./scan-run.ts";
import type { ModuleShape } from "./shape.ts";

/** A cost below zero means that no path leads here; sums of a whole body keep it below zero. */
const DEAD = -(2 ** 29);

// Kinds of open blocks.
const BLOCK = 0;
const LOOP = 1;
const IF = 2;
const ELSE = 3;

/** Block types besides the indices of function types. */
const NO_TYPE = -1;
const ONE_RESULT = -2;

const V128 = 0x7b;

const NOTHING = new Uint8Array(0);

/** A loop's head costs a compiler that many times a branch: each local may be another next time. */
const LOOP_MERGES = 32;

/** Open blocks of one function, and the function. */
const FRAMES = MODULE_CAPS.nesting + 1;

/**
 * Rewrites function bodies one by one. An owner of fuel is a function or a loop; the code that belongs
 * to it and to no loop within it is paid for by one charge at its head, of the longest path through
 * it. So a charge is never less than what runs before the next one.
 */
export class BodyRewriter {
  /** True once a body drops a segment or changes a table: what a reset would have to undo. */
  changesTables = false;

  readonly #shape: ModuleShape;
  readonly #appendix: Appendix;
  readonly #output: Output;
  readonly #frame: BodyFrame;
  readonly #canonicalNaN: boolean;
  readonly #typeParams: Uint16Array;
  readonly #typeResults: Uint16Array;
  readonly #typeWide: Uint8Array;
  readonly #globalWide: Uint8Array;
  /** 1 for each function that was rewritten and is not counted. */
  readonly #uncounted: Uint8Array;
  #merges = 0;

  // The open blocks of one function; the function itself is the first.
  readonly #kinds: Uint8Array = new Uint8Array(FRAMES);
  /** Operands below the block's own parameters. */
  readonly #heights: Int32Array = new Int32Array(FRAMES);
  readonly #blockTypes: Int32Array = new Int32Array(FRAMES);
  /** The longest path of the label's owner up to a branch to it. */
  readonly #labelCosts: Int32Array = new Int32Array(FRAMES);
  /** Of an `if`: its owner's cost on the way into `else`. Of a loop: its outer owner's at the loop. */
  readonly #entryCosts: Int32Array = new Int32Array(FRAMES);
  /** How many loops are open, with this one. */
  readonly #ownerDepths: Int32Array = new Int32Array(FRAMES);
  // Loops only: where their charge stands, and the longest path of the outer owner so far.
  readonly #patches: Int32Array = new Int32Array(FRAMES);
  readonly #outerMost: Int32Array = new Int32Array(FRAMES);
  /** The frame of each open owner. */
  readonly #owners: Int32Array = new Int32Array(FRAMES);

  /** @param output Has the module's bytes in front, then the pieces' code. */
  constructor(
    shape: ModuleShape,
    appendix: Appendix,
    output: Output,
    pieces: ChargePieces,
    canonicalNaN: boolean,
  ) {
    this.#shape = shape;
    this.#appendix = appendix;
    this.#output = output;
    this.#frame = new BodyFrame(shape, appendix, output, pieces);
    this.#canonicalNaN = canonicalNaN;
    this.#typeParams = Uint16Array.from(shape.types, (type) => type.params);
    this.#typeResults = Uint16Array.from(shape.types, (type) => type.results);
    this.#typeWide = Uint8Array.from(shape.types, (type) => type.wide ? 1 : 0);
    this.#uncounted = new Uint8Array(shape.functions.length);
    this.#globalWide = Uint8Array.from(shape.globals, ({ type }) => type === V128 ? 1 : 0);
  }

  /**
   * Writes the body from `start` to `end`, with its length, to the output.
   *
   * @param index The function's.
   * @param entered Whether the host may call the function.
   * @throws {PluginError} `sandbox.module-invalid`
   */
  rewrite(index: number, start: number, end: number, entered: boolean): void {
    const type = this.#shape.functions[index]!;
    const counted = this.#walk(type, start, end, entered, false) ??
      this.#walk(type, start, end, entered, true);
    if (counted === false) this.#uncounted[index] = 1;
  }

  /**
   * @param keeps Whether the function keeps its fuel in a local.
   * @returns Whether its depth is counted; undefined at a loop where it does not keep it. Calls before
   * the loop are written already, for a function that has none, so the walk must begin anew.
   */
  #walk(
    type: number,
    start: number,
    end: number,
    entered: boolean,
    keeps: boolean,
  ): boolean | undefined {
    const shape = this.#shape;
    const { name, bytes, functions, importedFunctions } = shape;
    const functionCount = functions.length;
    const globalCount = shape.globals.length;
    const typeCount = shape.types.length;
    const tableCount = shape.tables.length;
    const typeParams = this.#typeParams;
    const typeResults = this.#typeResults;
    const typeWide = this.#typeWide;
    const kinds = this.#kinds;
    const heights = this.#heights;
    const labelCosts = this.#labelCosts;
    const entryCosts = this.#entryCosts;
    const ownerDepths = this.#ownerDepths;
    const owners = this.#owners;
    const canonicalNaN = this.#canonicalNaN;

    const own = readLocals(name, bytes, start, end);
    const localCount = own.count + typeParams[type]!;
    if (localCount > MODULE_CAPS.locals) {
      const most = MODULE_CAPS.locals;
      throw invalid(name, `has a function of ${localCount} locals, at most ${most} are allowed`);
    }
    let wide = own.wide || typeWide[type] === 1;
    let p = own.end;

    // A charge is written before it is known, so it gets the width of the most it can be.
    const most = (end - start) * FUEL_PER_BYTE;
    const width = most < 2 ** 13 ? 2 : most < 2 ** 20 ? 3 : 4;
    const kept = keeps ? this.#frame.keptFuel(localCount) : undefined;

    // The code goes behind a gap for what is only known at the end, and is moved down then.
    const output = this.#output;
    let out = output.bytes;
    const gap = own.end - own.start + HEAD_ROOM;
    const codeStart = output.length + gap;
    let o = codeStart;
    let runStart = p;

    let cost = 0;
    let longest = 0;
    let height = 0;
    let highest = 0;
    let widestCall = 0;
    let calls: CallPieces | undefined;
    // True where the global has the fuel for sure: nothing was charged since the last call.
    let stored = false;
    let merges = 0;
    let frame = 0;
    let depth = 0;
    kinds[0] = BLOCK;
    heights[0] = 0;
    this.#blockTypes[0] = type;
    labelCosts[0] = DEAD;
    ownerDepths[0] = 0;
    owners[0] = 0;

    for (;;) {
      p = scanRun(name, bytes, p, end, localCount);
      cost += runCount;
      if (height + runPeak > highest) highest = height + runPeak;
      height += runNet;
      if (p >= end) break;

      const at = p;
      const op = bytes[p++]!;
      cost++;
      height += NET[op]!;
      switch (op) {
        // Literals, not names of constants: only of these the engine makes a jump table, and the walk
        // is over before an optimising compiler has looked at it.
        case 0x02: // block
        case 0x03: // loop
        case 0x04: { // if
          if (++frame > MODULE_CAPS.nesting) {
            throw invalid(name, `nests more than ${MODULE_CAPS.nesting} blocks at byte ${at}`);
          }
          merges++;
          let code = bytes[p++]!;
          let params = 0;
          if (code === 0x40) code = NO_TYPE;
          else if (code > 0x40 && code < 0x80) {
            checkValueType(name, code, at);
            if (code === V128) wide = true;
            code = ONE_RESULT;
          } else {
            if (code > 0x7f) {
              code = readU32(name, bytes, p - 1, end);
              // Of a signed number: a set sign bit would make it a negative one.
              if (lebEnd - p < 4 && (bytes[lebEnd - 1]! & 0x40) !== 0) code = typeCount;
              p = lebEnd;
            }
            if (code >= typeCount) throw missing(name, "type", code, typeCount, at);
            if (typeWide[code] === 1) wide = true;
            params = typeParams[code]!;
          }
          this.#blockTypes[frame] = code;
          heights[frame] = height - params;
          labelCosts[frame] = DEAD;
          if (op === 0x02) {
            cost--;
            kinds[frame] = BLOCK;
            ownerDepths[frame] = depth;
          } else if (op === 0x04) {
            kinds[frame] = IF;
            entryCosts[frame] = cost;
            ownerDepths[frame] = depth;
          } else {
            if (!kept) return undefined;
            cost--;
            kinds[frame] = LOOP;
            stored = false;
            entryCosts[frame] = cost;
            merges += LOOP_MERGES;
            // A path of the outer owner may end in here; it is as long as the way to here.
            this.#outerMost[frame] = cost > longest ? cost : longest;
            owners[++depth] = frame;
            ownerDepths[frame] = depth;
            // Where no path leads here, none leads out of here either.
            cost = cost < 0 ? DEAD : 0;
            longest = 0;
            const room = o + (p - runStart) + kept.loop.length + width + kept.check.length;
            if (room > out.length) out = output.grow(room);
            out.copyWithin(o, runStart, p);
            o += p - runStart;
            runStart = p;
            out.set(kept.loop, o);
            o += kept.loop.length;
            this.#patches[frame] = o;
            o += width;
            out.set(kept.check, o);
            o += kept.check.length;
          }
          break;
        }
        case 0x05: // else
          cost--;
          merges++;
          if (kinds[frame] !== IF) {
            throw invalid(name, `has an else without if at byte ${at}`);
          }
          kinds[frame] = ELSE;
          stored = false;
          if (cost > labelCosts[frame]!) labelCosts[frame] = cost;
          cost = entryCosts[frame]!;
          height = heights[frame]! + this.#paramsOf(frame);
          break;
        case 0x0b: { // end
          cost--;
          stored = false;
          const kind = kinds[frame];
          if (kind === LOOP) {
            if (cost > longest) longest = cost;
            putPadded(out, this.#patches[frame]!, Math.max(longest, FUEL.entry), width);
            longest = this.#outerMost[frame]!;
            cost = cost < 0 ? DEAD : entryCosts[frame]!;
            depth--;
          } else {
            if (labelCosts[frame]! > cost) cost = labelCosts[frame]!;
            if (kind === IF && entryCosts[frame]! > cost) cost = entryCosts[frame]!;
          }
          height = heights[frame]! + this.#resultsOf(frame);
          if (height > highest) highest = height;
          if (--frame < 0) {
            if (p !== end) throw invalid(name, `has code behind a function's end at byte ${p}`);
          }
          break;
        }
        case 0x0c: // br
        case 0x0d: { // br_if
          let label = bytes[p++]!;
          if (label > 0x7f) {
            label = readU32(name, bytes, p - 1, end);
            p = lebEnd;
          }
          if (label > frame) throw missing(name, "label", label, frame + 1, at);
          merges++;
          if (cost >= 0) {
            const target = frame - label;
            const owner = ownerDepths[target]!;
            let there = cost;
            if (owner !== depth) {
              if (cost > longest) longest = cost;
              there = entryCosts[owners[owner + 1]!]!;
            } else if (kinds[target] === LOOP && cost > longest) longest = cost;
            // Of a loop's label nothing reads it: a path back to its head ends.
            if (there > labelCosts[target]!) labelCosts[target] = there;
          }
          if (op === 0x0c) {
            cost = DEAD;
            height = heights[frame]!;
          }
          break;
        }
        case 0x0e: { // br_table
          let count = readU32(name, bytes, p, end);
          p = lebEnd;
          if (count > MODULE_CAPS.branchTargets) {
            const cap = MODULE_CAPS.branchTargets;
            throw invalid(name, `has a br_table of ${count} targets, at most ${cap} are allowed`);
          }
          merges += count + 1;
          for (; count >= 0; count--) {
            const label = readU32(name, bytes, p, end);
            p = lebEnd;
            if (label > frame) throw missing(name, "label", label, frame + 1, at);
            if (cost < 0) continue;
            const target = frame - label;
            const owner = ownerDepths[target]!;
            let there = cost;
            if (owner !== depth) {
              if (cost > longest) longest = cost;
              there = entryCosts[owners[owner + 1]!]!;
            } else if (kinds[target] === LOOP && cost > longest) longest = cost;
            if (there > labelCosts[target]!) labelCosts[target] = there;
          }
          cost = DEAD;
          height = heights[frame]!;
          break;
        }
        case 0x0f: { // return
          merges++;
          if (cost > longest) longest = cost;
          cost = DEAD;
          height = heights[frame]!;
          // Out of the block around the body, or of the function itself where there is none.
          const room = o + (at - runStart) + 6;
          if (room > out.length) out = output.grow(room);
          out.copyWithin(o, runStart, at);
          o += at - runStart;
          out[o++] = 0x0c;
          o = putU32(out, o, frame);
          runStart = p;
          break;
        }
        case 0x00: // unreachable
          if (cost > longest) longest = cost;
          cost = DEAD;
          height = heights[frame]!;
          if (kept && !stored) {
            o = this.#put(o, runStart, at, kept.store);
            out = output.bytes;
            runStart = at;
          }
          break;
        case 0x10: { // call
          let index = bytes[p++]!;
          if (index > 0x7f) {
            index = readU32(name, bytes, p - 1, end);
            p = lebEnd;
          }
          if (index >= functionCount) throw missing(name, "function", index, functionCount, at);
          if (index < importedFunctions) cost += FUEL.hostCall;
          calls ??= this.#frame.callPieces(localCount, kept);
          const callee = functions[index]!;
          const params = typeParams[callee]!;
          const results = typeResults[callee]!;
          if (typeWide[callee] === 1) wide = true;
          height += results - params;
          if (params + results > widestCall) widestCall = params + results;
          // A callee that is not counted does not look at what is left of the stack.
          const before = this.#uncounted[index] === 0
            ? stored ? calls.again : calls.before
            : stored || !kept
            ? NOTHING
            : kept.store;
          o = this.#call(o, runStart, at, p, before, calls.after);
          stored = true;
          out = output.bytes;
          runStart = p;
          break;
        }
        case 0x11: { // call_indirect
          const callee = readU32(name, bytes, p, end);
          p = lebEnd;
          if (callee >= typeCount) throw missing(name, "type", callee, typeCount, at);
          const table = readU32(name, bytes, p, end);
          p = lebEnd;
          if (table >= tableCount) throw missing(name, "table", table, tableCount, at);
          calls ??= this.#frame.callPieces(localCount, kept);
          const params = typeParams[callee]!;
          const results = typeResults[callee]!;
          if (typeWide[callee] === 1) wide = true;
          height += results - params;
          if (params + results > widestCall) widestCall = params + results;
          o = this.#call(o, runStart, at, p, stored ? calls.again : calls.before, calls.after);
          stored = true;
          out = output.bytes;
          runStart = p;
          break;
        }
        case 0x23: // global.get
        case 0x24: { // global.set
          const index = readU32(name, bytes, p, end);
          p = lebEnd;
          if (index >= globalCount) throw missing(name, "global", index, globalCount, at);
          if (this.#globalWide[index] === 1) wide = true;
          break;
        }
        // What can make a NaN: ceil to max of both types, demote, promote.
        case 0x8d:
        case 0x8e:
        case 0x8f:
        case 0x90:
        case 0x91:
        case 0x92:
        case 0x93:
        case 0x94:
        case 0x95:
        case 0x96:
        case 0x97:
        case 0x9b:
        case 0x9c:
        case 0x9d:
        case 0x9e:
        case 0x9f:
        case 0xa0:
        case 0xa1:
        case 0xa2:
        case 0xa3:
        case 0xa4:
        case 0xa5:
        case 0xb6:
        case 0xbb:
          if (canonicalNaN && !isHidden(bytes, p, end, RESULT[op]!)) {
            const type = RESULT[op]!;
            const code = this.#frame.canonical(type, localCount);
            const room = o + (p - runStart) + code.length;
            if (room > out.length) out = output.grow(room);
            out.copyWithin(o, runStart, p);
            o += p - runStart;
            out.set(code, o);
            o += code.length;
            runStart = p;
          }
          break;
        case 0x01: // nop
          cost--;
          break;
        case 0x3f: // memory.size
          if (bytes[p++] !== 0) {
            throw invalid(name, `uses multi-memory (memory.size at byte ${at})`);
          }
          break;
        case 0x40: { // memory.grow
          if (bytes[p++] !== 0) {
            throw invalid(name, `uses multi-memory (memory.grow at byte ${at})`);
          }
          o = this.#callHelper(o, runStart, at, this.#appendix.growMemory(), kept);
          out = output.bytes;
          runStart = p;
          break;
        }
        case 0x25: // table.get
        case 0x26: { // table.set
          const index = readU32(name, bytes, p, end);
          p = lebEnd;
          if (index >= tableCount) throw missing(name, "table", index, tableCount, at);
          if (op === 0x26) this.changesTables = true;
          break;
        }
        case 0xd0: { // ref.null
          const code = bytes[p++]!;
          if (code !== 0x70 && code !== 0x6f) {
            throw invalid(
              name,
              `uses typed function references or garbage collection (ref.null at byte ${at})`,
            );
          }
          break;
        }
        case 0xd2: { // ref.func
          const index = readU32(name, bytes, p, end);
          p = lebEnd;
          if (index >= functionCount) throw missing(name, "function", index, functionCount, at);
          break;
        }
        case 0x1c: // select
          if (bytes[p++] !== 1) throw invalid(name, `has a select of several values at byte ${at}`);
          checkValueType(name, bytes[p]!, at);
          if (bytes[p++] === V128) wide = true;
          break;
        case 0xfc: {
          const sub = readU32(name, bytes, p, end);
          p = lebEnd;
          if (sub <= BULK.truncateLast) break;
          const plan = readBulk(shape, this.#appendix, sub, p, end, at);
          p = plan.end;
          height += BULK_NET[sub]!;
          if (plan.lasting) this.changesTables = true;
          if (plan.helper < 0) break;
          o = this.#callHelper(o, runStart, at, plan.helper, kept);
          out = output.bytes;
          runStart = plan.grows ? p : at;
          break;
        }
        case 0xfd: {
          wide = true;
          const sub = readU32(name, bytes, p, end);
          p = lebEnd;
          if (sub > 0xff) throw invalid(name, describeSimd(sub, at));
          height += SIMD_NET[sub]!;
          switch (SIMD_SHAPES[sub]) {
            case SIMD_SHAPE.plain:
              break;
            case SIMD_SHAPE.access:
            case SIMD_SHAPE.accessLane:
              if (bytes[p++]! > 0x1f) throw invalid(name, describeAlignment(bytes[p - 1]!, at));
              readU32(name, bytes, p, end);
              p = lebEnd;
              if (SIMD_SHAPES[sub] === SIMD_SHAPE.accessLane) p++;
              break;
            case SIMD_SHAPE.bytes16:
              p += 16;
              break;
            case SIMD_SHAPE.lane:
              p++;
              break;
            case SIMD_SHAPE.float: {
              const type = SIMD_RESULT[sub]!;
              if (!canonicalNaN || isHidden(bytes, p, end, type)) break;
              const code = this.#frame.canonical(type, localCount);
              const room = o + (p - runStart) + code.length;
              if (room > out.length) out = output.grow(room);
              out.copyWithin(o, runStart, p);
              o += p - runStart;
              out.set(code, o);
              o += code.length;
              runStart = p;
              break;
            }
            default:
              throw invalid(name, describeSimd(sub, at));
          }
          break;
        }
        default:
          throw invalid(name, describeRefused(op, at));
      }
      if (height > highest) highest = height;
    }
    if (frame >= 0 || p !== end) {
      throw invalid(name, `has a function without an end at byte ${end}`);
    }
    this.#countMerges(merges * (localCount + highest + 1));
    const codeEnd = o + (end - 1 - runStart);
    if (codeEnd > out.length) out = output.grow(codeEnd);
    out.copyWithin(o, runStart, end - 1);
    return this.#frame.finish({
      type,
      locals: own,
      codeStart,
      codeEnd,
      charge: Math.max(longest, cost, FUEL.entry) + Math.floor(localCount / FUEL.localsPerUnit),
      kept,
      operands: highest,
      widestCall,
      calls,
      entered,
      wide,
    });
  }

  /** Copies the run up to `at`, then `code`; returns where that ends. */
  #put(o: number, runStart: number, at: number, code: Uint8Array): number {
    const output = this.#output;
    const end = o + (at - runStart);
    const room = end + code.length;
    const out = room > output.bytes.length ? output.grow(room) : output.bytes;
    out.copyWithin(o, runStart, at);
    out.set(code, end);
    return room;
  }

  /** Copies the run up to `at`, then the call from there to `p` with what stands around it. */
  #call(
    o: number,
    runStart: number,
    at: number,
    p: number,
    before: Uint8Array,
    after: Uint8Array,
  ): number {
    return this.#put(this.#put(o, runStart, at, before), at, p, after);
  }

  /** Copies the run up to `at` and calls an appended function, which spends from the global. */
  #callHelper(
    o: number,
    runStart: number,
    at: number,
    helper: number,
    kept: KeptFuel | undefined,
  ): number {
    const output = this.#output;
    const room = o + (at - runStart) + 6 + (kept ? kept.store.length + kept.load.length : 0);
    const out = room > output.bytes.length ? output.grow(room) : output.bytes;
    if (kept) o = this.#put(o, runStart, at, kept.store);
    else {
      out.copyWithin(o, runStart, at);
      o += at - runStart;
    }
    out[o++] = 0x10;
    o = putU32(out, o, helper);
    if (!kept) return o;
    out.set(kept.load, o);
    return o + kept.load.length;
  }

  #paramsOf(frame: number): number {
    const type = this.#blockTypes[frame]!;
    return type < 0 ? 0 : this.#typeParams[type]!;
  }

  #resultsOf(frame: number): number {
    const type = this.#blockTypes[frame]!;
    return type < 0 ? (type === ONE_RESULT ? 1 : 0) : this.#typeResults[type]!;
  }

  #countMerges(merges: number): void {
    this.#merges += merges;
    const ofOne = merges > MODULE_CAPS.functionMerges;
    if (!ofOne && this.#merges <= MODULE_CAPS.merges) return;
    throw invalid(
      this.#shape.name,
      `has too many locals, operands and branches together (over ${
        ofOne ? MODULE_CAPS.functionMerges : MODULE_CAPS.merges
      } to merge)`,
    );
  }
}

function missing(name: string, what: string, index: number, count: number, at: number) {
  return invalid(name, `refers to ${what} ${index} at byte ${at}, there are ${count}`);
}

function describeSimd(sub: number, at: number): string {
  return sub >= 0x100 && sub <= 0x13f
    ? `uses relaxed SIMD (0xfd 0x${sub.toString(16)} at byte ${at})`
    : `uses the unknown instruction 0xfd 0x${sub.toString(16)} at byte ${at}`;
}
