import { encodeU32 } from "../../wasm/writer.ts";

/** `if unreachable end`: the host sees by the counter why. A trap is what no guest can catch. */
const TRAP_IF = [0x04, 0x40, 0x00, 0x0b];

/** With the fuel and an amount on the stack: sets what is left, and traps below zero. */
export function fuelCheck(fuel: readonly number[]): number[] {
  return [0x7d, 0x24, ...fuel, 0x23, ...fuel, 0x42, 0x00, 0x53, ...TRAP_IF];
}

/**
 * The code of a function that keeps its fuel in a local, which costs a loop no memory access. The
 * global has it wherever other code may run: callees, the host, and whoever sees the function end.
 */
export interface KeptFuel {
  /** The local's index. */
  readonly local: number;
  /** Before the amount at the function's entry, an i64.const's number, and at a loop. */
  readonly enter: Uint8Array;
  readonly loop: Uint8Array;
  /** Behind it: subtracts; where nothing is left, the global gets it, and traps. */
  readonly check: Uint8Array;
  /** Before a call or at a way out: the global gets it. */
  readonly store: Uint8Array;
  /** Behind a call: takes it from the global. */
  readonly load: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** What stands around each call. */
export interface CallPieces {
  /** Stores what is left of both. */
  readonly before: Uint8Array;
  /** The same where the global has the fuel already. */
  readonly again: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * A caller says what is left of the stack, before each call. So a callee gives nothing back, and what
 * it finds does not depend on the calls that ended before: a chain of loads and stores through the
 * global is what a small recursive function would wait for.
 */
export function callPieces(
  stackLocal: number,
  stackGlobal: number,
  kept: KeptFuel | undefined,
): CallPieces {
  const stack = [0x20, ...encodeU32(stackLocal), 0x24, ...encodeU32(stackGlobal)];
  const again = Uint8Array.from(stack);
  if (kept === undefined) return { before: again, again, after: NOTHING };
  return { before: Uint8Array.from([...kept.store, ...stack]), again, after: kept.load };
}

/** Builds the code for a local; only the amounts are left out. */
export function keptFuel(localIndex: number, fuelGlobal: number): KeptFuel {
  const local = encodeU32(localIndex);
  const fuel = encodeU32(fuelGlobal);
  const store = [0x20, ...local, 0x24, ...fuel];
  return {
    local: localIndex,
    enter: Uint8Array.from([0x23, ...fuel, 0x42]),
    loop: Uint8Array.from([0x20, ...local, 0x42]),
    check: Uint8Array.from([
      ...[0x7d, 0x22, ...local, 0x42, 0x00, 0x53],
      ...[0x04, 0x40, ...store, 0x00, 0x0b],
    ]),
    store: Uint8Array.from(store),
    load: Uint8Array.from([0x23, ...fuel, 0x21, ...local]),
  };
}

/** A piece of code in front of an output: from `start` up to `end`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** The code around each function and in each loop, as pieces to be copied. */
export interface ChargePieces {
  /** All of them. */
  readonly code: Uint8Array;
  /** Before the amount of fuel, an i64.const's number. */
  readonly fuelBefore: Piece;
  /** Behind it: subtracts, and traps where nothing is left. */
  readonly fuelAfter: Piece;
  /**
   * As a function is entered, with an operand behind each but the last: its weight; the index of a
   * local, which keeps what is left of the stack; that local again, for the global where nothing is.
   */
  readonly enter: readonly [Piece, Piece, Piece];
  readonly enterEnd: Piece;
  /**
   * As a function that the host calls is left, with an operand behind each but the last: the local;
   * the weight, which it gives back.
   */
  readonly leave: readonly [Piece, Piece];
  readonly leaveEnd: Piece;
}

/**
 * Builds the pieces.
 *
 * @param offset Where they will stand.
 */
export function chargePieces(
  offset: number,
  fuelGlobal: number,
  stackGlobal: number,
): ChargePieces {
  const fuel = encodeU32(fuelGlobal);
  const stack = encodeU32(stackGlobal);
  const code: number[] = [];
  const piece = (bytes: readonly number[]): Piece => {
    const start = offset + code.length;
    code.push(...bytes);
    return { start, end: offset + code.length };
  };
  const before = [0x23, ...fuel, 0x42];
  const after = fuelCheck(fuel);
  return {
    fuelBefore: piece(before),
    fuelAfter: piece(after),
    enter: [
      piece([0x23, ...stack, 0x41]),
      piece([0x6b, 0x22]),
      piece([0x41, 0x00, 0x48, 0x04, 0x40, 0x20]),
    ],
    enterEnd: piece([0x24, ...stack, 0x00, 0x0b]),
    leave: [piece([0x20]), piece([0x41])],
    leaveEnd: piece([0x6a, 0x24, ...stack]),
    code: Uint8Array.from(code),
  };
}
