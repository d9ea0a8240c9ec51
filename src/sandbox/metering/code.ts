import type { ModuleOutline } from "../../wasm/outline.ts";
import { SECTION } from "../../wasm/section.ts";
import type { Appendix } from "./appendix.ts";
import { chargePieces } from "./charge.ts";
import { invalid } from "./invalid.ts";
import { Output } from "./output.ts";
import { BodyRewriter } from "./rewrite-body.ts";
import { type ModuleShape, sectionsOf } from "./shape.ts";

/** The rewritten functions of a module. */
export interface RewrittenCode {
  /** The code section's items, without their number. */
  readonly bodies: Uint8Array;
  /** True where some function drops a segment or changes a table. */
  readonly changesTables: boolean;
}

/**
 * Rewrites every function of a module.
 *
 * @throws {PluginError} `sandbox.module-invalid`, `bundle.malformed`
 */
export function rewriteCode(
  shape: ModuleShape,
  outline: ModuleOutline,
  appendix: Appendix,
  canonicalNaN: boolean,
): RewrittenCode {
  const { name, functions, importedFunctions } = shape;
  const reader = sectionsOf(shape.bytes, outline)(SECTION.code);
  const own = functions.length - importedFunctions;
  const count = reader?.u32("the number of bodies") ?? 0;
  if (count !== own) throw invalid(name, `declares ${own} functions and has ${count} bodies`);
  if (reader === undefined) return { bodies: new Uint8Array(0), changesTables: false };
  const size = reader.end - reader.position;
  const pieces = chargePieces(shape.bytes.length, appendix.fuelGlobal, appendix.stackGlobal);
  // Code grows to 1.4 times its size, that of many small functions to 1.8: enough that few need more.
  const output = new Output([shape.bytes, pieces.code], size * 2 + 4_096);
  const rewriter = new BodyRewriter(shape, appendix, output, pieces, canonicalNaN);
  const entered = new Set(
    outline.exports.filter(({ kind }) => kind === "function").map(({ index }) => index),
  );
  if (outline.start !== undefined) entered.add(outline.start);
  for (let index = importedFunctions; index < functions.length; index++) {
    const length = reader.u32("the length of a body");
    const start = reader.position;
    reader.take(length, "a body");
    rewriter.rewrite(index, start, reader.position, entered.has(index));
  }
  if (!reader.done) throw invalid(name, "has bytes behind its last function");
  return { bodies: output.written(), changesTables: rewriter.changesTables };
}
