import { MODULE_CAPS } from "../../limits.ts";
import type { Appendix } from "./appendix.ts";
import { BodyFrame, checkValueType, HEAD_ROOM, readLocals } from "./body-frame.ts";
import { BULK_NET, readBulk } from "./bulk.ts";
import type { CallPieces, ChargePieces, KeptFuel } from "./charge.ts";
import {
  BLOCK_TYPE,
  immediateEnd,
  readBlockType,
  readIndex,
  skipImmediate,
  skipSimdImmediate,
} from "./immediate.ts";
import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { BLOCK, DEAD, FRAMES, LongestPath, PART } from "./longest-path.ts";
import { MergeCount } from "./merge-count.ts";
import { FLOAT, isHidden, RESULT, SIMD_RESULT } from "./nan.ts";
import { BULK, NET, SIMD_NET } from "./opcode.ts";
import type { Output } from "./output.ts";
import { PartCharges } from "./part-charges.ts";
import { RunWriter } from "./run-writer.ts";
import { FUEL } from "./schedule.ts";
import { runCount, runNet, runPeak, scanRun } from "./scan-run.ts";
import type { ModuleShape } from "./shape.ts";
import { TypeSizes } from "./type-sizes.ts";

const V128 = 0x7b;

const NOTHING = new Uint8Array(0);

/**
 * A br_table of so many targets is a switch of an interpreter or the like: of its arms one runs, and a
 * charge for the longest of them would be many times what runs. So each arm has a charge of its own.
 */
const SWITCH_TARGETS = 16;

/** A loop's head costs a compiler that many times a branch: each local may be another next time. */
const LOOP_MERGES = 32;

/**
 * Rewrites function bodies one by one. An owner of fuel is a function or a loop; the code that belongs
 * to it and to no loop within it is paid for by one charge at its head, of the longest path through
 * it; where it has a large switch, by one more charge behind each block around that. So a charge is
 * never less than what runs before the next one.
 */
export class BodyRewriter {
  /** True once a body drops a segment or changes a table: what a reset would have to undo. */
  changesTables = false;

  readonly #shape: ModuleShape;
  readonly #appendix: Appendix;
  readonly #output: Output;
  readonly #run: RunWriter;
  readonly #frame: BodyFrame;
  readonly #path: LongestPath = new LongestPath();
  readonly #canonicalNaN: boolean;
  readonly #sizes: TypeSizes;
  readonly #charges: PartCharges;
  readonly #merges: MergeCount;
  /** 1 for each function that was rewritten and is not counted. */
  readonly #uncounted: Uint8Array;
  /** Where a loop seems to begin, of those that were not passed yet. */
  #nextLoop = -1;

  // The open blocks of one function; the function itself is the first.
  /** Operands below the block's own parameters. */
  readonly #heights: Int32Array = new Int32Array(FRAMES);
  readonly #blockTypes: Int32Array = new Int32Array(FRAMES);

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
    this.#run = new RunWriter(output);
    this.#frame = new BodyFrame(shape, appendix, output, pieces);
    this.#canonicalNaN = canonicalNaN;
    this.#sizes = new TypeSizes(shape);
    this.#charges = new PartCharges(this.#path, this.#run, output);
    this.#merges = new MergeCount(shape.name);
    this.#uncounted = new Uint8Array(shape.functions.length);
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
    const keeps = this.#mayLoop(start, end);
    const counted = this.#walk(type, start, end, entered, keeps) ??
      this.#walk(type, start, end, entered, !keeps);
    if (counted === false) this.#uncounted[index] = 1;
  }

  /** A guess, which is seldom wrong: `loop` and its type without results may be parts of numbers. */
  #mayLoop(start: number, end: number): boolean {
    const { bytes } = this.#shape;
    // Looked for once, however many bodies lie before it.
    if (this.#nextLoop < start) {
      let at = start - 1;
      do at = bytes.indexOf(0x03, at + 1); while (at >= 0 && bytes[at + 1] !== 0x40);
      this.#nextLoop = at < 0 ? Infinity : at;
    }
    return this.#nextLoop < end;
  }

  /**
   * @param keeps Whether the function keeps its fuel in a local, as it must where it loops.
   * @returns Whether its depth is counted; undefined where it has a loop and does not keep its fuel, or
   * the other way round. What is written already is no use then, so the walk must begin anew.
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
    const sizes = this.#sizes;
    const { params: typeParams, results: typeResults, wide: typeWide } = sizes;
    const charges = this.#charges;
    const heights = this.#heights;
    const blockTypes = this.#blockTypes;

    const own = readLocals(name, bytes, start, end);
    const localCount = own.count + typeParams[type]!;
    if (localCount > MODULE_CAPS.locals) {
      const most = MODULE_CAPS.locals;
      throw invalid(name, `has a function of ${localCount} locals, at most ${most} are allowed`);
    }
    let wide = own.wide || typeWide[type] === 1;
    let p = own.end;

    charges.begin(end - start);
    this.#frame.begin();
    const kept = keeps ? this.#frame.keptFuel(localCount) : undefined;

    // The code goes behind a gap for what is only known at the end, and is moved down then.
    const run = this.#run;
    const codeStart = this.#output.length + own.end - own.start + HEAD_ROOM;
    run.at = codeStart;
    run.runStart = p;

    const path = this.#path;
    path.begin();
    let cost = 0;
    let height = 0;
    let highest = 0;
    let widestCall = 0;
    let calls: CallPieces | undefined;
    // True where the global has the fuel for sure: nothing was charged since the last call.
    let stored = false;
    let merges = 0;
    let loops = false;
    heights[0] = 0;
    blockTypes[0] = type;

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
        // Literals close together: only of such cases the engine makes a jump table, and the walk is
        // over before an optimising compiler has looked at it.
        case 0x02: // block
        case 0x03: // loop
        case 0x04: { // if
          if (path.frame >= MODULE_CAPS.nesting) {
            throw invalid(name, `nests more than ${MODULE_CAPS.nesting} blocks at byte ${at}`);
          }
          merges++;
          const blockType = readBlockType(shape, p, end, at);
          p = immediateEnd;
          if (blockType >= 0) {
            if (typeWide[blockType] === 1) wide = true;
          } else if (blockType === BLOCK_TYPE.oneWideResult) wide = true;
          if (op === 0x04) cost = path.open(BLOCK.if, cost);
          else cost = path.open(op === 0x02 ? BLOCK.block : BLOCK.loop, cost - 1);
          blockTypes[path.frame] = blockType;
          heights[path.frame] = height - sizes.paramsOf(blockType);
          if (op === 0x03) {
            if (!kept) return undefined;
            loops = true;
            stored = false;
            merges += LOOP_MERGES;
            charges.beginPart(p, kept);
          }
          break;
        }
        case 0x05: // else
          if (path.kinds[path.frame] !== BLOCK.if) {
            throw invalid(name, `has an else without if at byte ${at}`);
          }
          merges++;
          stored = false;
          cost = path.openElse(cost - 1);
          if (cost === PART) {
            merges++;
            charges.cut(p, kept!);
            cost = 0;
          }
          height = heights[path.frame]! + sizes.paramsOf(blockTypes[path.frame]!);
          break;
        case 0x0b: { // end
          const { frame } = path;
          cost--;
          stored = false;
          if (path.kinds[frame] === BLOCK.loop) charges.pay(cost);
          cost = path.close(cost);
          if (cost === PART && frame > 0) {
            merges++;
            charges.cut(p, kept!);
            cost = 0;
          }
          height = heights[frame]! + sizes.resultsOf(blockTypes[frame]!);
          if (frame === 0 && p !== end) {
            throw invalid(name, `has code behind a function's end at byte ${p}`);
          }
          break;
        }
        case 0x0c: // br
        case 0x0d: // br_if
          path.branch(readIndex(shape, "label", path.frame + 1, p, end, at), cost);
          p = immediateEnd;
          merges++;
          if (op === 0x0c) {
            cost = DEAD;
            height = heights[path.frame]!;
          }
          break;
        case 0x0e: { // br_table
          const count = readU32(name, bytes, p, end);
          p = lebEnd;
          if (kept && count >= SWITCH_TARGETS) path.cutOpenBlocks();
          if (count > MODULE_CAPS.branchTargets) {
            const cap = MODULE_CAPS.branchTargets;
            throw invalid(name, `has a br_table of ${count} targets, at most ${cap} are allowed`);
          }
          merges += count + 1;
          for (let left = count; left >= 0; left--) {
            path.branch(readIndex(shape, "label", path.frame + 1, p, end, at), cost);
            p = immediateEnd;
          }
          cost = DEAD;
          height = heights[path.frame]!;
          break;
        }
        case 0x0f: // return
          merges++;
          cost = path.end(cost);
          height = heights[path.frame]!;
          // Out of the block around the body, or of the function itself where there is none.
          run.putInstruction(at, 0x0c, path.frame);
          run.runStart = p;
          break;
        case 0x00: // unreachable
          cost = path.end(cost);
          height = heights[path.frame]!;
          if (kept && !stored) run.put(at, kept.store);
          break;
        case 0x10: // call
        case 0x11: { // call_indirect
          let callee: number;
          let counted = true;
          if (op === 0x10) {
            const index = readIndex(shape, "function", functionCount, p, end, at);
            if (index < importedFunctions) cost += FUEL.hostCall;
            counted = this.#uncounted[index] === 0;
            callee = functions[index]!;
          } else {
            callee = readIndex(shape, "type", typeCount, p, end, at);
            readIndex(shape, "table", tableCount, immediateEnd, end, at);
          }
          p = immediateEnd;
          calls ??= this.#frame.callPieces(localCount, kept);
          const params = typeParams[callee]!;
          const results = typeResults[callee]!;
          if (typeWide[callee] === 1) wide = true;
          height += results - params;
          if (params + results > widestCall) widestCall = params + results;
          // A callee that is not counted does not look at what is left of the stack.
          if (counted) run.put(at, stored ? calls.again : calls.before);
          else if (kept && !stored) run.put(at, kept.store);
          if (kept) run.put(p, calls.after);
          stored = true;
          break;
        }
        case 0x1c: // select
          if (bytes[p++] !== 1) throw invalid(name, `has a select of several values at byte ${at}`);
          checkValueType(name, bytes[p]!, at);
          if (bytes[p++] === V128) wide = true;
          break;
        case 0x23: // global.get
        case 0x24: { // global.set
          const index = readIndex(shape, "global", globalCount, p, end, at);
          p = immediateEnd;
          if (sizes.wideGlobals[index] === 1) wide = true;
          break;
        }
        default: {
          if (op === 0xfc) {
            const sub = readU32(name, bytes, p, end);
            p = lebEnd;
            if (sub <= BULK.truncateLast) break;
            const plan = readBulk(shape, this.#appendix, sub, p, end, at);
            p = plan.end;
            height += BULK_NET[sub]!;
            if (plan.lasting) this.changesTables = true;
            if (plan.helper < 0) break;
            this.#callHelper(at, plan.helper, kept);
            if (plan.grows) run.runStart = p;
            break;
          }
          let float: number = RESULT[op]!;
          if (op === 0xfd) {
            const sub = readU32(name, bytes, p, end);
            p = skipSimdImmediate(shape, sub, lebEnd, end, at);
            wide = true;
            height += SIMD_NET[sub]!;
            float = SIMD_RESULT[sub]!;
          } else if (float === FLOAT.none) {
            p = skipImmediate(shape, op, p, end, at);
            if (op === 0x01) cost--; // nop
            else if (op === 0x26) this.changesTables = true; // table.set
            else if (op === 0x40) { // memory.grow
              this.#callHelper(at, this.#appendix.growMemory(), kept);
              run.runStart = p;
            }
            break;
          }
          if (this.#canonicalNaN && float !== FLOAT.none && !isHidden(bytes, p, end, float)) {
            run.put(p, this.#frame.canonical(float, localCount));
          }
        }
      }
      if (height > highest) highest = height;
    }
    if (path.frame >= 0 || p !== end) {
      throw invalid(name, `has a function without an end at byte ${end}`);
    }
    if (kept && !loops) return undefined;
    charges.pay(cost);
    this.#merges.add(merges * (localCount + highest + 1));
    run.put(end - 1, NOTHING);
    return this.#frame.finish({
      type,
      locals: own,
      codeStart,
      codeEnd: run.at,
      charge: charges.head + Math.floor(localCount / FUEL.localsPerUnit),
      kept,
      operands: highest,
      widestCall,
      calls,
      entered,
      wide,
    });
  }

  // A method: what a closure shares with the walk would no longer be in registers there.

  /** Calls an appended function, which spends from the global, behind the run up to `at`. */
  #callHelper(at: number, helper: number, kept: KeptFuel | undefined): void {
    if (kept) this.#run.put(at, kept.store);
    this.#run.putInstruction(at, 0x10, helper);
    if (kept) this.#run.put(at, kept.load);
  }
}
