/**
 * Every default bound of the host, in one table. A manifest may ask for less, an operator may set
 * another value; the effective limit is the smaller of the two.
 */
export interface Limits {
  /** A judged file, in bytes. */
  readonly inputBytes: number;
  /** Nesting of a document: objects and arrays within each other. */
  readonly depth: number;
  /** Values that YAML aliases may stand for in one document, counted after expansion. */
  readonly aliasedNodes: number;
  /** A `.wasm` file, in bytes. */
  readonly bundleBytes: number;
  /** The manifest within a bundle, in bytes. */
  readonly manifestBytes: number;
  /** One call's time on the wall clock, in milliseconds. */
  readonly timeoutMs: number;
  /** What one call may execute, in units of the fuel schedule: about one for each instruction. */
  readonly fuel: number;
  /** Nested calls within one call, in bytes of an estimated native stack. */
  readonly stackBytes: number;
  /** A guest's linear memory, in pages of 64 KiB. */
  readonly memoryPages: number;
  /** Elements of each of a guest's tables, of which it may have `tables`. */
  readonly tableElements: number;
  readonly tables: number;
  /** What a guest may hold in the host's memory during one call (Extism blocks and vars), in bytes. */
  readonly blockBytes: number;
  /** A call's input, in bytes. */
  readonly callInputBytes: number;
  /** A call's output, in bytes. */
  readonly callOutputBytes: number;
  /** Reasons in one verdict. */
  readonly reasons: number;
}

/** The defaults. */
export const LIMITS: Limits = {
  inputBytes: 64 * 1024 * 1024,
  depth: 200,
  aliasedNodes: 100_000,
  bundleBytes: 32 * 1024 * 1024,
  manifestBytes: 256 * 1024,
  timeoutMs: 5_000,
  fuel: 1_000_000_000,
  stackBytes: 384 * 1024,
  memoryPages: 1_024,
  tableElements: 1_000_000,
  tables: 4,
  blockBytes: 256 * 1024 * 1024,
  callInputBytes: 64 * 1024 * 1024,
  callOutputBytes: 1024 * 1024,
  reasons: 10_000,
};
