/**
 * A number as every syntax hands it over: a JavaScript number where that is exact enough, a decimal
 * string for an integer beyond 2^53-1. Readers that round such integers and readers that do not must
 * not come to different verdicts.
 */
export type ExactNumber = number | string;

/**
 * Reads a decimal literal: `[-+]digits[.digits][e[-+]digits]`, either group of digits may be empty.
 * A value that is an integer beyond 2^53-1, however it is written (`1e20`, `9007199254740993.0`),
 * becomes its exact decimal digits; -0 becomes 0.
 *
 * @returns undefined where the value overflows a double
 */
export function readDecimal(literal: string): ExactNumber | undefined {
  const value = Number(literal);
  if (!Number.isFinite(value)) return undefined;
  if (value === 0) return 0;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return integerDigits(literal) ?? value;
}

/**
 * Hands over an integer of any size.
 *
 * @returns undefined where the value overflows a double
 */
export function exactInteger(value: bigint): ExactNumber | undefined {
  const rounded = Number(value);
  if (!Number.isFinite(rounded)) return undefined;
  return Number.isSafeInteger(rounded) ? rounded : value.toString();
}

/** The digits of a literal that stands for an integer; undefined where it has a fraction. */
function integerDigits(literal: string): string | undefined {
  const parts = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(literal);
  if (parts === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const scale = Number(exponent) - fraction.length;
  let digits = whole + fraction;
  if (scale >= 0) {
    digits += "0".repeat(scale);
  } else {
    if (/[1-9]/.test(digits.slice(scale))) return undefined;
    digits = digits.slice(0, scale);
  }
  return (sign === "-" ? "-" : "") + digits.replace(/^0+/, "");
}
