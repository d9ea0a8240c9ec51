import { MODULE_CAPS } from "../../limits.ts";
import { FUEL } from "./schedule.ts";

/** A cost below zero means that no path leads here; sums of a whole body keep it far below zero. */
export const DEAD: number = -(2 ** 29);

/** Instead of a cost: here a part with a charge of its own begins, which has cost nothing so far. */
export const PART = -1;

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
  /** 1 where paths end at the block's end, and new ones begin behind it. */
  readonly #cut: Uint8Array = new Uint8Array(FRAMES);

  /** By depth: the frame of each open owner. */
  readonly #owners: Int32Array = new Int32Array(FRAMES);

  /** Begins a function. */
  begin(): void {
    this.frame = this.#depth = this.#longest = 0;
    this.kinds[0] = BLOCK.block;
    this.#cut[0] = this.#entryCosts[0] = 0;
    this.#labelCosts[0] = DEAD;
    this.#ownerDepths[0] = 0;
    this.#owners[0] = 0;
  }

  /** What the innermost owner has to be charged, where it ends with a path of that cost. */
  charge(cost: number): number {
    return Math.max(this.#longest, cost, FUEL.entry);
  }

  /** The frame of the innermost owner. */
  get owner(): number {
    return this.#owners[this.#depth]!;
  }

  /**
   * From here on paths of the innermost owner end where its open blocks end. What of them is known so
   * far ends here. The way into a block needs no look: what went on from there is at least as long, and
   * has ended, or branched to a label, or is where the walk stands.
   */
  cutOpenBlocks(): void {
    // A branch to a function's own block leaves it; one to a loop's begins it anew.
    const last = this.owner === 0 ? 0 : this.owner + 1;
    for (let { frame } = this; frame >= last && this.#cut[frame] === 0; frame--) {
      this.#cut[frame] = 1;
      this.#longest = Math.max(this.#longest, this.#labelCosts[frame]!);
    }
  }

  /** Begins a part of the innermost owner that has a charge of its own. */
  beginPart(): void {
    this.#longest = 0;
  }

  /** Opens a block; returns the cost at its beginning. */
  open(kind: number, cost: number): number {
    const frame = ++this.frame;
    this.kinds[frame] = kind;
    this.#cut[frame] = 0;
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

  /** Goes over to the other way through an `if`; returns the cost at its beginning, or {@link PART}. */
  openElse(cost: number): number {
    const { frame } = this;
    this.kinds[frame] = BLOCK.else;
    if (cost > this.#labelCosts[frame]!) this.#labelCosts[frame] = cost;
    const before = this.#entryCosts[frame]!;
    if (this.#cut[frame] === 0) return before;
    if (cost > this.#longest) this.#longest = cost;
    return before < 0 ? DEAD : PART;
  }

  /** Ends the innermost block; returns the cost behind it, or {@link PART}. */
  close(cost: number): number {
    const frame = this.frame--;
    const kind = this.kinds[frame];
    const before = this.#entryCosts[frame]!;
    if (kind === BLOCK.loop) {
      this.#longest = this.#outerLongest[frame]!;
      this.#depth--;
      return cost < 0 ? DEAD : before;
    }
    if (this.#cut[frame] === 1 && cost > this.#longest) this.#longest = cost;
    if (this.#labelCosts[frame]! > cost) cost = this.#labelCosts[frame]!;
    if (kind === BLOCK.if && before > cost) cost = before;
    if (this.#cut[frame] === 0) return cost;
    return cost < 0 ? DEAD : PART;
  }

  /** A branch to the block that is `label` blocks further out. */
  branch(label: number, cost: number): void {
    if (cost < 0) return;
    const target = this.frame - label;
    const owner = this.#ownerDepths[target]!;
    const leaves = owner !== this.#depth;
    const ends = leaves || this.kinds[target] === BLOCK.loop || this.#cut[target] === 1;
    if (ends && cost > this.#longest) this.#longest = cost;
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
