/** What the rewriter put into a guest, by the names of its exports. */
export interface Controls {
  readonly "cofferdam:fuel": { value: bigint };
  readonly "cofferdam:stack": { value: number };
  readonly "cofferdam:fault": { value: number };
  /** Where the module has a memory. */
  readonly "cofferdam:memory"?: WebAssembly.Memory;
  /** Where an instance can be put back to its beginning. */
  readonly "cofferdam:reset"?: () => void;
}
