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
  /**
   * What a guest may hold in the host's memory during one call, in bytes: so much in Extism's blocks,
   * and so much again in variables.
   */
  readonly blockBytes: number;
  /** A call's input, in bytes. */
  readonly callInputBytes: number;
  /** A call's output, in bytes. */
  readonly callOutputBytes: number;
  /** Reasons in one verdict. */
  readonly reasons: number;
  /** Volumes in one list of a driver. */
  readonly volumes: number;
  /** Interfaces, addresses and routes in one CNI result, each. */
  readonly resultItems: number;
  /** Attachments that a CNI runtime lists as valid when it has a plugin clean up. */
  readonly attachments: number;
  /** What one call may ask of all capabilities together, in requests; lines of the log do not count. */
  readonly capabilityCalls: number;
  /** What a guest asks of a capability at a time, in bytes of JSON. */
  readonly requestBytes: number;
  /** Lines that one call may log, and their bytes of UTF-8 together. */
  readonly logLines: number;
  readonly logBytes: number;
  /** One logged line, in UTF-16 code units, before it is escaped. */
  readonly logLineLength: number;
  /** What one instance may keep: keys and values together in bytes, and how many. */
  readonly stateBytes: number;
  readonly stateKeys: number;
  readonly stateKeyBytes: number;
  readonly stateValueBytes: number;
  readonly stateWritesPerSecond: number;
  /** Keys that one swap of several changes. */
  readonly stateChanges: number;
  /** Children of a granted directory. */
  readonly directoryChildren: number;
  /** What is looked at in order to list or measure, in entries of all folders together. */
  readonly directoryEntries: number;
  /** Folders within each other, where a tree is measured. */
  readonly directoryDepth: number;
  /** Names in one page of a listing: keys of a store, children of a directory. */
  readonly pageNames: number;
  /** What a guest reads or writes of a blob at a time, in bytes. */
  readonly blobChunkBytes: number;
  /** What one call may read from its blobs, or write to them, in bytes. */
  readonly blobBytes: number;
  /** Pages of metadata that one call may ask for. */
  readonly metadataPages: number;
  /** One value; CIPD takes no larger one. */
  readonly metadataValueBytes: number;
  /** One page, its values and all the rest, in bytes, and the entries in it. */
  readonly metadataPageBytes: number;
  readonly metadataPageEntries: number;
  /** One run of a program for a guest, in milliseconds, waiting for its turn included. */
  readonly processTimeoutMs: number;
  /** What such a program may write, to stdout and to stderr each, in bytes. */
  readonly processOutputBytes: number;
  /** What it is given on stdin, in bytes. */
  readonly processInputBytes: number;
  /** Runs of one command at a time. */
  readonly processes: number;
  /** Runs of native CNI plugins at a time, for one plugin. */
  readonly delegates: number;
  /** What a guest may put into one argument, in UTF-16 code units. */
  readonly argumentLength: number;
  /** What a CNI runtime gives a plugin on stdin, in bytes; when it cleans up, with all attachments. */
  readonly cniStdinBytes: number;
  /** One run of a native CNI plugin for a runtime, in milliseconds; addresses by DHCP take long. */
  readonly cniTimeoutMs: number;
  /** Such runs at a time. */
  readonly cniProcesses: number;
  /** What a runtime waits for others that work on the same attachment, in milliseconds. */
  readonly cniLockMs: number;
  /** A CNI configuration that a runtime reads, in bytes. */
  readonly cniConfigBytes: number;
  /** What a runtime remembers of one attachment, in bytes. */
  readonly cniCacheBytes: number;
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
  stackBytes: 512 * 1024,
  memoryPages: 1_024,
  tableElements: 1_000_000,
  tables: 4,
  blockBytes: 256 * 1024 * 1024,
  callInputBytes: 64 * 1024 * 1024,
  callOutputBytes: 1024 * 1024,
  reasons: 10_000,
  volumes: 10_000,
  resultItems: 1_000,
  attachments: 100_000,
  capabilityCalls: 10_000,
  requestBytes: 8 * 1024 * 1024,
  logLines: 1_000,
  logBytes: 256 * 1024,
  logLineLength: 4_096,
  stateBytes: 16 * 1024 * 1024,
  stateKeys: 100_000,
  stateKeyBytes: 512,
  stateValueBytes: 256 * 1024,
  stateWritesPerSecond: 1_000,
  stateChanges: 100,
  directoryChildren: 10_000,
  directoryEntries: 1_000_000,
  directoryDepth: 200,
  pageNames: 1_000,
  blobChunkBytes: 1024 * 1024,
  blobBytes: 1024 * 1024 * 1024,
  metadataPages: 100,
  metadataValueBytes: 512 * 1024,
  metadataPageBytes: 4 * 1024 * 1024,
  metadataPageEntries: 1_000,
  processTimeoutMs: 10_000,
  processOutputBytes: 1024 * 1024,
  processInputBytes: 1024 * 1024,
  processes: 4,
  delegates: 16,
  argumentLength: 256,
  cniStdinBytes: 16 * 1024 * 1024,
  cniTimeoutMs: 120_000,
  cniProcesses: 64,
  cniLockMs: 120_000,
  cniConfigBytes: 1024 * 1024,
  cniCacheBytes: 8 * 1024 * 1024,
};

/**
 * Every bound of a module's own size. Compiling is not fuelled, so these bound it; all are far above
 * what toolchains write (esbuild: 14 MB, Go: thousands of nested blocks) and at most what engines take.
 */
export interface ModuleCaps {
  readonly types: number;
  readonly functions: number;
  readonly globals: number;
  readonly imports: number;
  readonly exports: number;
  readonly elementSegments: number;
  /** References in all element segments. */
  readonly elements: number;
  readonly dataSegments: number;
  /** Locals of one function, with its parameters. */
  readonly locals: number;
  /** One function's rewritten code, in bytes; V8's own limit. */
  readonly bodyBytes: number;
  /** Blocks within each other. Go nests one for each call of a function. */
  readonly nesting: number;
  /** Targets of one br_table; V8's own limit. */
  readonly branchTargets: number;
  /**
   * Locals and operands times blocks and branches, summed over all functions; a loop counts 32 times.
   * A compiler notes at each of them where everything is, and without a bound a module of 75 KB took
   * V8's baseline compiler 28 seconds. Seen: 23 million in an unoptimised QuickJS, 9 in esbuild.
   */
  readonly merges: number;
  /** The same in one function: what compiling it takes at once, some 190 MB and half a second. */
  readonly functionMerges: number;
}

/** The caps. */
export const MODULE_CAPS: ModuleCaps = {
  types: 10_000,
  functions: 100_000,
  globals: 10_000,
  imports: 10_000,
  exports: 10_000,
  elementSegments: 10_000,
  elements: 1_000_000,
  dataSegments: 100_000,
  locals: 40_000,
  bodyBytes: 7_654_321,
  nesting: 65_520,
  branchTargets: 65_520,
  merges: 200_000_000,
  functionMerges: 30_000_000,
};
