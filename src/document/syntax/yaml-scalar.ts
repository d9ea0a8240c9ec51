import { exactInteger, readDecimal } from "../number.ts";
import { quote } from "../source-text.ts";

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

/** What a plain scalar is to some readers and not to others. @see YamlDispute in ../tree.ts */
export function findDispute(
  text: string,
  claimsYaml11: boolean,
): { readonly type: "scalar" | "number"; readonly message: string } | undefined {
  if (isYaml11Boolean(text)) {
    const boolean = /^(?:y|yes|on)$/i.test(text);
    const message =
      `the plain word ${quote(text)} is ${boolean} to YAML 1.1 and text to YAML 1.2; ` +
      `quote it, or write ${boolean}`;
    return { type: "scalar", message };
  }
  if (!isGoNumberDispute(text) && !(claimsYaml11 && SEXAGESIMAL.test(text))) return undefined;
  const message =
    `${quote(text)} is another number to YAML 1.1 than to YAML 1.2; write it in plain ` +
    "decimal digits, or quote it";
  return { type: "number", message };
}

const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const YAML_11_BOOLEAN = /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const GO_INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/;
const GO_FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/** True for the plain words that are booleans to YAML 1.1 and text to YAML 1.2. */
function isYaml11Boolean(text: string): boolean {
  return text.length <= 3 && YAML_11_BOOLEAN.test(text);
}

/**
 * True for a plain scalar that the YAML libraries of Go read as another number than YAML 1.2 does:
 * `0644` is octal to them, `0b1` and `1_000` are numbers.
 *
 * @see go-yaml v2 and v3, resolve.go
 */
function isGoNumberDispute(text: string): boolean {
  if (!/^[-+.]?[0-9]/.test(text)) return false;
  const reading = readPlainScalar(text);
  const grouped = text.replaceAll("_", "");
  const ours = "value" in reading ? String(reading.value) : "overflow";
  if (GO_INTEGER.test(grouped)) return goInteger(grouped) !== ours;
  return grouped !== text && GO_FLOAT.test(grouped);
}

/** Digits without `_` as Go's `strconv.ParseInt(text, 0, 64)` reads them, else as a decimal. */
function goInteger(text: string): string {
  const sign = text.startsWith("-") ? "-" : "";
  const digits = text.replace(/^[-+]/, "");
  const value = BigInt(/^0[0-7]+$/.test(digits) ? digits.replace("0", "0o") : digits);
  return value === 0n ? "0" : sign + value.toString();
}
