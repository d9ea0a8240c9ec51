import { MODULE_CAPS } from "../../limits.ts";
import { FUEL } from "./schedule.ts";

/** A cost below zero means that no path leads here; sums of a whole body keep it below zero. */
export const DEAD: number = -(2 ** 29);

/** Kinds of open blocks. */
export const BLOCK = { block: 0, loop: 1, if: 2, else: 3 } as const;

/** Open blocks of one function, and the function. */
export const FRAMES: number = MODULE_CAPS.nesting + 1;

/**
 * What to charge at the head of each owner of fuel: the longest path through the code that belongs to
 * it. Whoever walks over a body counts the cost up to where it stands, and says where blocks begin and
 * end and where branches lead.
 */
export class LongestPath {
  /** The innermost open block: 0 is the function's own, below it the function has ended. */
  frame = 0;
  /** By frame: its kind, of {@link BLOCK}. */
  readonly kinds: Uint8Array = new Uint8Array(FRAMES);
  /** How many loops are open. */
  #depth = 0;
  /** The longest path that has ended in the innermost owner. */
  #longest = 0;

  // By frame:
  /** The longest path of the label's owner up to a branch to it. */
  readonly #labelCosts: Int32Array = new Int32Array(FRAMES);
  /** Of an `if`: its owner's cost on the way into `else`. Of a loop: its outer owner's at the loop. */
  readonly #entryCosts: Int32Array = new Int32Array(FRAMES);
  /** How many loops are open, with this one. */
  readonly #ownerDepths: Int32Array = new Int32Array(FRAMES);
  /** Of a loop: the longest path of the outer owner so far. */
  readonly #outerLongest: Int32Array = new Int32Array(FRAMES);

  /** By depth: the frame of each open owner. */
  readonly #owners: Int32Array = new Int32Array(FRAMES);

  /** Begins a function. */
  begin(): void {
    this.frame = this.#depth = this.#longest = 0;
    this.kinds[0] = BLOCK.block;
    this.#labelCosts[0] = DEAD;
    this.#ownerDepths[0] = 0;
    this.#owners[0] = 0;
  }

  /** What the innermost owner has to be charged, where it ends with a path of that cost. */
  charge(cost: number): number {
    return Math.max(this.#longest, cost, FUEL.entry);
  }

  /** Opens a block; returns the cost at its beginning. */
  open(kind: number, cost: number): number {
    const frame = ++this.frame;
    this.kinds[frame] = kind;
    this.#labelCosts[frame] = DEAD;
    this.#entryCosts[frame] = cost;
    if (kind === BLOCK.loop) {
      // A path of the outer owner may end in here; it is as long as the way to here.
      this.#outerLongest[frame] = cost > this.#longest ? cost : this.#longest;
      this.#owners[++this.#depth] = frame;
      this.#longest = 0;
      // Where no path leads here, none leads out of here either.
      cost = cost < 0 ? DEAD : 0;
    }
    this.#ownerDepths[frame] = this.#depth;
    return cost;
  }

  /** Goes over to the other way through an `if`; returns the cost at its beginning. */
  openElse(cost: number): number {
    const { frame } = this;
    this.kinds[frame] = BLOCK.else;
    if (cost > this.#labelCosts[frame]!) this.#labelCosts[frame] = cost;
    return this.#entryCosts[frame]!;
  }

  /** Ends the innermost block; returns the cost behind it. */
  close(cost: number): number {
    const frame = this.frame--;
    const kind = this.kinds[frame];
    const before = this.#entryCosts[frame]!;
    if (kind === BLOCK.loop) {
      this.#longest = this.#outerLongest[frame]!;
      this.#depth--;
      return cost < 0 ? DEAD : before;
    }
    if (this.#labelCosts[frame]! > cost) cost = this.#labelCosts[frame]!;
    return kind === BLOCK.if && before > cost ? before : cost;
  }

  /** A branch to the block that is `label` blocks further out. */
  branch(label: number, cost: number): void {
    if (cost < 0) return;
    const target = this.frame - label;
    const owner = this.#ownerDepths[target]!;
    const leaves = owner !== this.#depth;
    if ((leaves || this.kinds[target] === BLOCK.loop) && cost > this.#longest) {
      this.#longest = cost;
    }
    const there = leaves ? this.#entryCosts[this.#owners[owner + 1]!]! : cost;
    const labelCosts = this.#labelCosts;
    // Of a loop's label nothing reads it: a path back to its head ends.
    if (there > labelCosts[target]!) labelCosts[target] = there;
  }

  /** Ends a path of the innermost owner; returns the cost behind it, where none leads. */
  end(cost: number): number {
    if (cost > this.#longest) this.#longest = cost;
    return DEAD;
  }
}
