/** Names of exports that begin so are ours. */
export const PREFIX = "cofferdam:";

/** What the rewriter puts into a guest for the host to govern it by. */
export interface Controls {
  /** What is left to spend. Below zero: the guest was stopped for it. */
  readonly fuel: { value: bigint };
  /** Bytes of estimated stack that are left. Below zero: as with fuel. */
  readonly stack: { value: number };
  /** Why a guest gave up, where its trap does not tell: a value of `FAULT`. */
  readonly fault: { value: number };
  /** The guest's memory, where it has one, whether or not it exports it itself. */
  readonly memory: WebAssembly.Memory | undefined;
  /** Gives every mutable global its initial value, where an instance can be put back. */
  readonly reset: (() => void) | undefined;
}

/** The names under which a guest exports its controls. */
export const CONTROL_EXPORTS: Readonly<Record<keyof Controls, string>> = {
  fuel: `${PREFIX}fuel`,
  stack: `${PREFIX}stack`,
  fault: `${PREFIX}fault`,
  memory: `${PREFIX}memory`,
  reset: `${PREFIX}reset`,
};

/** Reads the controls of a guest that was metered. */
export function controlsOf(exports: WebAssembly.Exports): Controls {
  const names = Object.entries(CONTROL_EXPORTS);
  return Object.fromEntries(
    names.map(([control, name]) => [control, exports[name]]),
  ) as unknown as Controls;
}
