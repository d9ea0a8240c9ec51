/** Values of the control `fault`: why a guest gave up, where its trap does not tell. */
export const FAULT = {
  none: 0,
  /** The host could not give what the caps allow. */
  noMemory: 1,
  /** The guest asked for more memory or elements than it may have, and was told so. */
  atCap: 2,
} as const;
