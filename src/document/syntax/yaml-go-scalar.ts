import { exactInteger, readDecimal } from "../number.ts";

const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const DECIMAL = /^[-+]?[1-9][0-9]*$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** A sign behind the prefix: the libraries cut the prefix off and parse the rest by itself. */
const SIGNED_BINARY = /^0b([-+])([01]+)$/;

/** Digits of a number of 64 bits in any base, with more leading zeros than anybody writes. */
const MAX_DIGITS = 200;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Reads a plain scalar as the YAML libraries of Go do: `yes` is true, `0644` octal, `1_000` a number.
 *
 * @returns undefined where they read it as YAML 1.2 does; `unknown` where their versions disagree
 * with each other
 * @see sigs.k8s.io/yaml, goyaml.v2/resolve.go
 */
export function readGoScalar(
  text: string,
): { readonly value: boolean | number | string } | "unknown" | undefined {
  if (text.length <= 3) {
    if (TRUE.test(text)) return { value: true };
    if (FALSE.test(text)) return { value: false };
  }
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  const isGrouped = plain !== text;
  // The libraries leave a fraction's `_` to the language's own parser, which has rules for them.
  if (text.startsWith(".")) return isGrouped && FLOAT.test(plain) ? "unknown" : undefined;
  if (INTEGER.test(plain)) {
    const integer = readGoInteger(plain);
    if (integer !== undefined) return { value: exactInteger(integer)! };
    return isGrouped || !DECIMAL.test(plain) ? "unknown" : undefined;
  }
  if (FLOAT.test(plain)) {
    const value = isGrouped ? readDecimal(plain) : undefined;
    return value === undefined ? undefined : { value };
  }
  const [, sign, digits = ""] = SIGNED_BINARY.exec(plain) ?? [];
  if (sign === undefined) return undefined;
  if (digits.length > 63) return "unknown";
  return { value: exactInteger(BigInt(`0b${digits}`) * (sign === "-" ? -1n : 1n))! };
}

/** True for a plain scalar that is a floating-point number to those libraries. */
export function isGoFloat(text: string): boolean {
  const plain = text.replaceAll("_", "");
  return FLOAT.test(plain) && !(INTEGER.test(plain) && readGoInteger(plain) !== undefined);
}

/** As `strconv.ParseInt(text, 0, 64)` or else `ParseUint` does; undefined beyond 64 bits. */
function readGoInteger(text: string): bigint | undefined {
  if (text.length > MAX_DIGITS) return undefined;
  const digits = text.replace(/^[-+]/, "");
  const size = BigInt(/^0[0-7]+$/.test(digits) ? digits.replace("0", "0o") : digits);
  const value = text.startsWith("-") ? -size : size;
  const max = digits === text ? MAX_UINT64 : MAX_INT64;
  return value >= MIN_INT64 && value <= max ? value : undefined;
}
