import type { Appendix } from "./appendix.ts";
import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { BULK } from "./opcode.ts";
import { check, type ModuleShape } from "./shape.ts";

/** Operands left minus operands taken, of what stands behind 0xFC from memory.init on. */
export const BULK_NET: readonly number[] = [
  ...[0, 0, 0, 0, 0, 0, 0, 0],
  ...[-3, 0, -3, -3, -3, 0, -3, -1, 1, -3],
];

/** What becomes of a bulk instruction. */
export interface BulkPlan {
  /** Where its immediates end. */
  readonly end: number;
  /** The function to call before it, or in its place where it `grows`; -1 for none. */
  readonly helper: number;
  readonly grows: boolean;
  /** True where no reset can undo what it does, since it touches tables or drops segments. */
  readonly lasting: boolean;
}

/**
 * Reads the immediates of a bulk instruction.
 *
 * @param sub The number behind 0xFC.
 * @param p Where its immediates begin; the body ends at `end`.
 * @param at Where the instruction begins.
 */
export function readBulk(
  shape: ModuleShape,
  appendix: Appendix,
  sub: number,
  p: number,
  end: number,
  at: number,
): BulkPlan {
  const { name, bytes, tables, elements, data } = shape;
  const number = () => {
    const value = readU32(name, bytes, p, end);
    p = lebEnd;
    return value;
  };
  const index = (count: number, what: string) => {
    const value = number();
    check(name, value, count, what);
    return value;
  };
  const memory = () => {
    if (number() !== 0) throw invalid(name, `uses multi-memory (at byte ${at})`);
  };
  const plan = (helper: number, lasting: boolean, grows = false) => ({
    end: p,
    helper,
    grows,
    lasting,
  });
  switch (sub) {
    case BULK.memoryInit:
      index(data, "data segment");
      memory();
      return plan(appendix.chargeBytes(), false);
    case BULK.dataDrop:
      index(data, "data segment");
      return plan(-1, true);
    case BULK.memoryCopy:
      memory();
      memory();
      return plan(appendix.chargeBytes(), false);
    case BULK.memoryFill:
      memory();
      return plan(appendix.chargeBytes(), false);
    case BULK.tableInit:
      index(elements, "element segment");
      index(tables.length, "table");
      return plan(appendix.chargeElements(), true);
    case BULK.elemDrop:
      index(elements, "element segment");
      return plan(-1, true);
    case BULK.tableCopy:
      index(tables.length, "table");
      index(tables.length, "table");
      return plan(appendix.chargeElements(), true);
    case BULK.tableGrow: {
      const table = index(tables.length, "table");
      return plan(appendix.growTable(table), true, true);
    }
    case BULK.tableSize:
      index(tables.length, "table");
      return plan(-1, false);
    case BULK.tableFill:
      index(tables.length, "table");
      return plan(appendix.chargeElements(), true);
    default:
      throw invalid(name, `uses the unknown instruction 0xfc ${sub} at byte ${at}`);
  }
}
