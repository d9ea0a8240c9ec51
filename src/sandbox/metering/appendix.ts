import { LIMITS } from "../../limits.ts";
import { encodeU32 } from "../../wasm/writer.ts";
import { fuelCheck } from "./charge.ts";
import { FAULT } from "./fault.ts";
import { encodeSigned } from "./output.ts";
import { FUEL } from "./schedule.ts";
import type { ModuleShape } from "./shape.ts";

const I32 = 0x7f;

/** A function behind the module's own. */
interface AppendedFunction {
  readonly type: number;
  /** As in the code section: locals and code, without the length. */
  readonly body: readonly number[];
}

/**
 * What is appended to a module: types, functions and globals at the end of their index spaces, so
 * that nothing is renumbered. Functions come into being when they are first asked for.
 */
export class Appendix {
  readonly fuelGlobal: number;
  readonly stackGlobal: number;
  readonly faultGlobal: number;
  /** Types in the binary format. */
  readonly types: number[][] = [];
  readonly functions: AppendedFunction[] = [];

  readonly #shape: ModuleShape;
  readonly #memoryPages: number;
  readonly #typeIndices = new Map<string, number>();
  readonly #functionIndices = new Map<string, number>();

  /** @param memoryPages What the memory may grow to. */
  constructor(shape: ModuleShape, memoryPages: number) {
    this.#shape = shape;
    this.#memoryPages = memoryPages;
    this.fuelGlobal = shape.globals.length;
    this.stackGlobal = this.fuelGlobal + 1;
    this.faultGlobal = this.fuelGlobal + 2;
  }

  /** The index of an appended type. */
  type(params: readonly number[], results: readonly number[]): number {
    const encoded = [
      0x60,
      ...encodeU32(params.length),
      ...params,
      ...encodeU32(results.length),
      ...results,
    ];
    const key = encoded.join();
    let index = this.#typeIndices.get(key);
    if (index === undefined) {
      index = this.#shape.types.length + this.types.length;
      this.types.push(encoded);
      this.#typeIndices.set(key, index);
    }
    return index;
  }

  /** `(i32) -> i32`: charges for that many bytes and gives the number back. */
  chargeBytes(): number {
    return this.#function("bytes", [I32], [I32], () => {
      const shift = Math.log2(FUEL.bytesPerUnit);
      const roundUp = [0x42, ...encodeSigned(FUEL.bytesPerUnit - 1), 0x7c];
      return this.#chargeOperand(0, [...roundUp, 0x42, shift, 0x88]).concat([0x20, 0x00]);
    });
  }

  /** `(i32) -> i32`: charges for that many elements and gives the number back. */
  chargeElements(): number {
    return this.#function(
      "elements",
      [I32],
      [I32],
      () => this.#chargeOperand(0, times(FUEL.element)).concat([0x20, 0x00]),
    );
  }

  /** `(i32) -> i32`: memory.grow, charged. */
  growMemory(): number {
    return this.#function("memory.grow", [I32], [I32], () => {
      const cap = Math.min(this.#shape.memories[0]?.max ?? this.#memoryPages, this.#memoryPages);
      const cost = [...times(FUEL.page), 0x42, ...encodeSigned(FUEL.growth), 0x7c];
      return this.#grow(0, cap, [0x3f, 0x00], cost, [0x20, 0x00, 0x40, 0x00]);
    });
  }

  /** `(reference, i32) -> i32`: table.grow, charged. */
  growTable(table: number): number {
    const { referenceType, limits } = this.#shape.tables[table]!;
    return this.#function(`table.grow ${table}`, [referenceType, I32], [I32], () => {
      const cap = Math.min(limits.max ?? LIMITS.tableElements, LIMITS.tableElements);
      const index = encodeU32(table);
      const grow = [0x20, 0x00, 0x20, 0x01, 0xfc, 0x0f, ...index];
      return this.#grow(1, cap, [0xfc, 0x10, ...index], times(FUEL.element), grow);
    });
  }

  /**
   * `() -> ()`: sets every mutable global to its initial value. `ref.func` may stand in a body where
   * an initial value has it as well.
   */
  reset(): number {
    return this.#function(
      "reset",
      [],
      [],
      () =>
        this.#shape.globals.flatMap(({ mutable, initial }, index) =>
          mutable ? [...initial, 0x24, ...encodeU32(index)] : []
        ),
    );
  }

  #function(
    key: string,
    params: readonly number[],
    results: readonly number[],
    code: () => number[],
  ): number {
    let index = this.#functionIndices.get(key);
    if (index === undefined) {
      index = this.#shape.functions.length + this.functions.length;
      this.functions.push({ type: this.type(params, results), body: [0x00, ...code(), 0x0b] });
      this.#functionIndices.set(key, index);
    }
    return index;
  }

  /** Charges for the unsigned i32 in `local`, which `scale` turns into units, as an i64. */
  #chargeOperand(local: number, scale: readonly number[]): number[] {
    const fuel = encodeU32(this.fuelGlobal);
    return [0x23, ...fuel, 0x20, local, 0xad, ...scale, ...fuelCheck(fuel)];
  }

  /**
   * A growth by the number in `local`. Above the cap it answers -1 and costs nothing more, as the
   * engine would; below it, it is charged first. Where the host then has no memory to give, that is
   * a fault of this host which a guest must not see, or the same call had two outcomes.
   */
  #grow(
    local: number,
    cap: number,
    size: readonly number[],
    cost: readonly number[],
    grow: readonly number[],
  ): number[] {
    return [
      // The size never exceeds the cap, so the difference is not negative.
      ...[0x20, local, 0x41, ...encodeSigned(cap), ...size, 0x6b, 0x4b],
      ...[0x04, 0x40, ...this.#setFault(FAULT.atCap), 0x41, 0x7f, 0x0f, 0x0b],
      ...this.#chargeOperand(local, cost),
      ...[...grow, 0x22, local, 0x41, 0x7f, 0x46, 0x04, 0x40],
      ...[...this.#setFault(FAULT.noMemory), 0x00, 0x0b, 0x20, local],
    ];
  }

  #setFault(fault: number): number[] {
    return [0x41, fault, 0x24, ...encodeU32(this.faultGlobal)];
  }
}

/** Multiplies an i64, where that does anything. */
function times(factor: number): number[] {
  return factor === 1 ? [] : [0x42, ...encodeSigned(factor), 0x7e];
}
