import { exactInteger, readDecimal } from "../number.ts";
import { readGoScalar } from "./yaml-go-scalar.ts";

/** What a scalar stands for; `overflow` where a double cannot hold it. */
export type ScalarReading =
  | { readonly value: null | boolean | number | string }
  | { readonly overflow: true };

const CORE_DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const CORE_RADIX = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const NULLS = new Set(["", "~", "null", "Null", "NULL"]);
const TRUES = new Set(["true", "True", "TRUE"]);
const FALSES = new Set(["false", "False", "FALSE"]);

/** Reads a plain scalar by the core schema. @see YAML 1.2.2, section 10.3.2 */
export function readPlainScalar(text: string): ScalarReading {
  if (NULLS.has(text)) return { value: null };
  if (TRUES.has(text)) return { value: true };
  if (FALSES.has(text)) return { value: false };
  // Nothing that begins otherwise is a number; most scalars end here.
  if (!/^[-+.0-9]/.test(text)) return { value: text };
  if (NOT_FINITE.test(text)) return { overflow: true };
  const number = CORE_DECIMAL.test(text)
    ? readDecimal(text)
    : CORE_RADIX.test(text)
    ? exactInteger(BigInt(text))
    : text;
  return number === undefined ? { overflow: true } : { value: number };
}

/**
 * Whether a scalar may carry a tag of the core schema; undefined where the tag is none that JSON has
 * a type for.
 */
export function fitsTag(tag: string, text: string): boolean | undefined {
  switch (tag) {
    case "null":
      return NULLS.has(text);
    case "bool":
      return TRUES.has(text) || FALSES.has(text);
    case "int":
      return /^[-+]?[0-9]+$/.test(text) || CORE_RADIX.test(text);
    case "float":
      return CORE_DECIMAL.test(text);
    default:
      return undefined;
  }
}

/** Whose values a plain scalar gets. */
export type ScalarReader = "core" | "go";

/** Reads a plain scalar as one of the readers does; the core schema where Go's own disagree. */
export function readScalar(text: string, reader: ScalarReader): ScalarReading {
  const reading = reader === "go" ? readGoScalar(text) : undefined;
  return reading === undefined || reading === "unknown" ? readPlainScalar(text) : reading;
}
