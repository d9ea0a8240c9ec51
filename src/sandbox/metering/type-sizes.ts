import { BLOCK_TYPE } from "./immediate.ts";
import type { ModuleShape } from "./shape.ts";

const V128 = 0x7b;

/** How much the types and globals of a module hold, in arrays that are quick to look into. */
export class TypeSizes {
  /** By type: how many parameters. */
  readonly params: Uint16Array;
  /** By type: how many results. */
  readonly results: Uint16Array;
  /** By type: 1 where one of them is a v128. */
  readonly wide: Uint8Array;
  /** By global: 1 for a v128. */
  readonly wideGlobals: Uint8Array;

  constructor({ types, globals }: ModuleShape) {
    this.params = Uint16Array.from(types, (type) => type.params);
    this.results = Uint16Array.from(types, (type) => type.results);
    this.wide = Uint8Array.from(types, (type) => type.wide ? 1 : 0);
    this.wideGlobals = Uint8Array.from(globals, ({ type }) => type === V128 ? 1 : 0);
  }

  /** @param blockType A type, or one of {@link BLOCK_TYPE}. */
  paramsOf(blockType: number): number {
    return blockType < 0 ? 0 : this.params[blockType]!;
  }

  /** @param blockType A type, or one of {@link BLOCK_TYPE}. */
  resultsOf(blockType: number): number {
    if (blockType >= 0) return this.results[blockType]!;
    return blockType === BLOCK_TYPE.none ? 0 : 1;
  }
}
