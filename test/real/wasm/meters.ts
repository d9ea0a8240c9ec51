/** What a rewritten module shows of its meters, over all instances of one script. */
import { LIMITS } from "../../../src/limits.ts";
import { FAULT } from "../../../src/sandbox/metering/fault.ts";

/** Far more than any script or generated module may need. */
const PLENTY = 1_000_000_000_000n;

const STACK = LIMITS.stackBytes;

/** Why a rewritten module trapped by itself. */
export type OwnTrap = "fuel" | "depth" | "fault";

interface Gauge {
  readonly fuel: WebAssembly.Global;
  readonly stack: WebAssembly.Global;
  readonly fault: WebAssembly.Global;
}

/** The meters of several instances, which may call each other. */
export class Meters {
  readonly #gauges: Gauge[] = [];
  readonly #fuel: bigint;

  /** @param fuel What each call gets. */
  constructor(fuel: bigint = PLENTY) {
    this.#fuel = fuel;
  }

  /** Adds an instance. @throws {Error} when one of its meters is not exported */
  add(exports: WebAssembly.Exports): void {
    const global = (name: string) => {
      const item = exports[`cofferdam:${name}`];
      if (item instanceof WebAssembly.Global) return item;
      throw new Error(`the rewritten module has no global "cofferdam:${name}"`);
    };
    this.#gauges.push({ fuel: global("fuel"), stack: global("stack"), fault: global("fault") });
  }

  /** Gives every instance all its fuel and stack. */
  fill(): void {
    for (const { fuel, stack, fault } of this.#gauges) {
      fuel.value = this.#fuel;
      stack.value = STACK;
      fault.value = 0;
    }
  }

  /** Fuel that was spent since, by all of them. */
  get spent(): bigint {
    return this.#gauges.reduce((sum, { fuel }) => sum + this.#fuel - (fuel.value as bigint), 0n);
  }

  /** Which meter ended the call, if one did. */
  get ownTrap(): OwnTrap | undefined {
    const some = (test: (gauge: Gauge) => boolean) => this.#gauges.some(test);
    if (some(({ fuel }) => (fuel.value as bigint) < 0n)) return "fuel";
    if (some(({ stack }) => (stack.value as number) < 0)) return "depth";
    return some(({ fault }) => fault.value === FAULT.noMemory) ? "fault" : undefined;
  }

  /** Whether a call that returned gave back all stack that it took. */
  get stackRestored(): boolean {
    return this.#gauges.every(({ stack }) => stack.value === STACK);
  }
}
