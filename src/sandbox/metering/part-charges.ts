import type { KeptFuel } from "./charge.ts";
import { FRAMES, type LongestPath } from "./longest-path.ts";
import { type Output, putPadded } from "./output.ts";
import type { RunWriter } from "./run-writer.ts";
import { FUEL_PER_BYTE } from "./schedule.ts";

/** What the parts of one function are charged: each charge is written before its amount is known. */
export class PartCharges {
  /** What the function is charged as it is entered. */
  head = 0;
  readonly #path: LongestPath;
  readonly #run: RunWriter;
  readonly #output: Output;
  /** By frame, of an owner: where its last charge stands; of a function -1 as long as that is its head. */
  readonly #places: Int32Array = new Int32Array(FRAMES);
  /** Bytes of a charge. */
  #width = 0;

  constructor(path: LongestPath, run: RunWriter, output: Output) {
    this.#path = path;
    this.#run = run;
    this.#output = output;
  }

  /** Begins a function of so many bytes: each charge gets the width of the most that it can be. */
  begin(length: number): void {
    const most = length * FUEL_PER_BYTE;
    this.#width = most < 2 ** 13 ? 2 : most < 2 ** 20 ? 3 : 4;
    this.#places[0] = -1;
  }

  /** Pays for the part of the innermost owner that ends with a path of `cost`. */
  pay(cost: number): void {
    const amount = this.#path.charge(cost);
    const place = this.#places[this.#path.owner]!;
    if (place < 0) this.head = amount;
    else putPadded(this.#output.bytes, place, amount, this.#width);
  }

  /** Puts a charge behind the run up to `at`, whose amount is known later. */
  beginPart(at: number, { loop, check }: KeptFuel): void {
    this.#run.put(at, loop);
    this.#places[this.#path.owner] = this.#run.reserve(at, this.#width);
    this.#run.put(at, check);
  }

  /** Ends a part of the innermost owner behind the run up to `at`, and begins another one. */
  cut(at: number, kept: KeptFuel): void {
    // What led here was noted as it ended.
    this.pay(0);
    this.#path.beginPart();
    this.beginPart(at, kept);
  }
}
