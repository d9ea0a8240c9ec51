/** A place as esbuild names it: `column` counts bytes of UTF-8 from 0, `lineText` is the line. */
export interface BundlerPlace {
  readonly column: number;
  readonly lineText: string;
}

/** The column of a place as editors count it: UTF-16 code units from 1. */
export function columnOf({ column, lineText }: BundlerPlace): number {
  const before = new TextEncoder().encode(lineText).subarray(0, column);
  return new TextDecoder().decode(before).length + 1;
}
