/** Checks what instructions with an operand cost: the operand's charge, before they run. */
import { LIMITS } from "../../../src/limits.ts";
import { FUEL } from "../../../src/sandbox/metering/schedule.ts";
import { assemble } from "../../support/guest.ts";
import { isRefused, rewrite } from "./rewrite.ts";
import type { Tally } from "./tally.ts";

const MEMORY_PAGES = 64;
const TABLE_SIZE = 10;
const TABLE_MAX = 200;

/** Each takes how much it shall move. Too much for the memory or table traps: it is charged as well. */
const MODULE = `(module
  (memory 1)
  (table $t ${TABLE_SIZE} ${TABLE_MAX} funcref)
  (elem $e func $f)
  (data $d "12345678")
  (func $f)
  (func (export "memory.fill") (param i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "memory.copy") (param i32)
    (memory.copy (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "memory.init") (param i32)
    (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table.fill") (param i32)
    (table.fill $t (i32.const 0) (ref.null func) (local.get 0)))
  (func (export "table.copy") (param i32)
    (table.copy $t $t (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "table.init") (param i32)
    (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0)))
  (func (export "table.grow") (param i32) (result i32)
    (table.grow $t (ref.null func) (local.get 0))))`;

const bytesCharge = (operand: number) => Math.ceil(operand / FUEL.bytesPerUnit);
const elementCharge = (operand: number) => operand * FUEL.element;

/** Beyond the cap nothing is moved, and nothing charged, not even what growing by 0 costs. */
const growCharge = (room: number, unit: number, least: number) => (operand: number) =>
  operand > room ? -least : operand * unit;

const CHARGES: Readonly<Record<string, (operand: number) => number>> = {
  "memory.fill": bytesCharge,
  "memory.copy": bytesCharge,
  "memory.init": bytesCharge,
  "memory.grow": growCharge(MEMORY_PAGES - 1, FUEL.page, FUEL.growth),
  "table.fill": elementCharge,
  "table.copy": elementCharge,
  "table.init": elementCharge,
  "table.grow": growCharge(TABLE_MAX - TABLE_SIZE, FUEL.element, 0),
};

const OPERANDS = [1, 7, 8, 9, 63, 64, 100, 190, 191, 65_536, 65_537, 0x7fff_ffff, 0xffff_ffff];

/** More than any single charge. */
const PLENTY = 100_000_000_000n;

/** Calls each instruction with each operand on a new instance. */
export function checkBulkCharges(tally: Tally): void {
  const made = rewrite(assemble(MODULE), { memoryPages: MEMORY_PAGES });
  if (isRefused(made)) return tally.fail("bulk", `refused: ${made.refused}`);
  const module = new WebAssembly.Module(made.metered.bytes as BufferSource);
  for (const [name, charge] of Object.entries(CHARGES)) {
    const nothing = call(module, name, 0, PLENTY).spent;
    for (const operand of OPERANDS) {
      const where = `${name} of ${operand}`;
      const wanted = BigInt(charge(operand));
      const { spent, left } = call(module, name, operand, PLENTY);
      const grew = spent - nothing;
      tally.seal(`${where} ${spent}`);
      if (grew !== wanted) tally.fail(where, `costs ${grew} more than 0, not ${wanted}`);
      else if (left < 0n) tally.fail(where, "ran out of plenty of fuel");
      else if (call(module, name, operand, spent).left !== 0n) {
        tally.fail(where, "does not run on exactly what it costs");
      } else if (call(module, name, operand, spent - 1n).left >= 0n) {
        tally.fail(where, "runs on less than it costs");
      } else tally.pass();
    }
  }
}

function call(module: WebAssembly.Module, name: string, operand: number, amount: bigint) {
  const { exports } = new WebAssembly.Instance(module);
  const fuel = exports["cofferdam:fuel"] as WebAssembly.Global;
  fuel.value = amount;
  (exports["cofferdam:stack"] as WebAssembly.Global).value = LIMITS.stackBytes;
  try {
    (exports[name] as (operand: number) => void)(operand);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
  const left = fuel.value as bigint;
  return { left, spent: amount - left };
}
