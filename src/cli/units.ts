import { usage } from "./flags.ts";

const MILLISECONDS: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1_000, m: 60_000 };

const PAGE_BYTES = 65_536;
const BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/**
 * Milliseconds: `500`, `500ms`, `5s`, `2m`.
 *
 * @throws {PluginError} `usage.invalid`
 */
export function readDuration(flag: string, text: string): number {
  const [, digits, unit] = /^(\d{1,15})(ms|s|m)?$/.exec(text) ?? [];
  const value = Number(digits) * MILLISECONDS[unit ?? ""]!;
  if (value >= 1 && value < 2 ** 31) return value;
  throw usage(`"--${flag} ${text}" is no time: wanted 500, 500ms, 5s or 2m, at most 24 days`);
}

/**
 * Pages of 64 KiB: `1024`, `64MiB`. What is no whole number of pages is refused, not rounded.
 *
 * @throws {PluginError} `usage.invalid`
 */
export function readPages(flag: string, text: string): number {
  const [, digits, unit] = /^(\d{1,15})(KiB|MiB|GiB)?$/.exec(text) ?? [];
  const pages = unit === undefined ? Number(digits) : Number(digits) * BYTES[unit]! / PAGE_BYTES;
  if (Number.isInteger(pages) && pages >= 1 && pages <= 65_536) return pages;
  throw usage(
    `"--${flag} ${text}" is no size: wanted pages of 64 KiB (1024), or 64MiB, from 64KiB to 4GiB`,
  );
}

/**
 * A count from 1: `1000000`, `1_000_000`.
 *
 * @throws {PluginError} `usage.invalid`
 */
export function readCount(flag: string, text: string): number {
  const value = /^\d[\d_]{0,20}$/.test(text) ? Number(text.replaceAll("_", "")) : NaN;
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw usage(`"--${flag} ${text}" is no count: wanted a whole number from 1`);
}
