/** The version of the fuel schedule; any change of what costs what, or of the rewriting, changes it. */
export const FUEL_SCHEDULE = 1;

/**
 * What costs how much, in units of fuel. An instruction costs one; `block`, `loop`, `else`, `end` and
 * `nop` cost nothing, since no machine code comes of them. What a bulk instruction or a growth
 * moves is charged when it runs, by its operand.
 */
export const FUEL = {
  /** On top of its one: a call that leaves the guest. */
  hostCall: 8,
  /** The least that entering a function or a loop costs, so that an empty loop ends. */
  entry: 1,
  /** Locals and parameters for one unit of a function's entry, rounded down: they are cleared. */
  localsPerUnit: 8,
  /** Bytes of memory.copy, memory.fill and memory.init for one unit, rounded up; a power of two. */
  bytesPerUnit: 8,
  /**
   * Each element of table.copy, table.fill, table.init and table.grow: 20 to 36 ns on V8, where an
   * instruction takes about one.
   */
  element: 8,
  /** A memory.grow that stays below the cap, by however little: a call into the engine, 300 ns. */
  growth: 256,
  /** Each page of it: the engine clears it. */
  page: 1_024,
} as const;

/**
 * Fuel for one byte of code, at most: a call to the host takes two bytes. With the largest body it
 * stays below 2^27, so a charge fits a signed LEB128 of four bytes.
 */
export const FUEL_PER_BYTE = 5;

/**
 * The estimated native stack of one call, in bytes. The figures are above what V8's baseline compiler
 * uses, the largest of its frames.
 */
export const STACK = {
  /** Return address, frame pointer, instance, feedback, spilled registers. */
  frame: 64,
  /** A parameter, local or operand. */
  slot: 8,
  /** The same in a function that touches v128. */
  wideSlot: 16,
  /** A function that calls nothing and weighs no more is not counted: the margin holds one of it. */
  uncounted: 1_024,
  /** No weight is more, so that the counter cannot wrap. */
  most: 0x4000_0000,
} as const;
