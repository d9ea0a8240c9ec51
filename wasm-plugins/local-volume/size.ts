/** Powers of 1024. */
const UNITS = "kmgtp";

/**
 * Bytes of a size as Docker writes sizes: `1g`, `512MiB`, `1073741824`. A unit is a power of 1024.
 *
 * @returns undefined for what is no size, for nothing and for more than a number can count
 * @see docker/go-units, size.go, RAMInBytes
 */
export function readSize(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,16})(?:([kmgtp])i?)?b?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Number(digits) * 1024 ** (unit === "" ? 0 : UNITS.indexOf(unit.toLowerCase()) + 1);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
