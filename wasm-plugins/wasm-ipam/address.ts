/** An address, as a number. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A whole network. */
export interface Subnet extends Address {
  /** Its prefix, in bits. */
  readonly length: number;
}

/** How many bits an address has. */
export const BITS: Readonly<Record<4 | 6, number>> = { 4: 32, 6: 128 };

/** Reads `10.0.0.1` or `fd00::1`; undefined for anything else. @see RFC 4291, section 2.2 */
export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text)) return undefined;
  const octets = text.split(".").map(Number);
  if (octets.some((octet) => octet > 255)) return undefined;
  return { family: 4, value: octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n) };
}

/** Without an IPv4 address at its end: readers disagree about which family that is of. */
function parseIpv6(text: string): Address | undefined {
  const halves = text.split("::").map((half) => half === "" ? [] : half.split(":"));
  const [before, behind] = [halves[0]!, halves[1] ?? []];
  const missing = 8 - before.length - behind.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...behind];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  const value = groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? undefined : { family: 6, value };
}

/** Reads `10.1.0.0/16`, with whatever bits behind the prefix; undefined for anything else. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, start = "", digits] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseAddress(start);
  const length = Number(digits);
  if (address === undefined || length > BITS[address.family]) return undefined;
  return { ...address, length };
}

/** In the one spelling that everybody writes. @see RFC 5952 */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");
  }
  const groups = Array.from(
    { length: 8 },
    (_, n) => ((value >> BigInt(112 - 16 * n)) & 0xffffn).toString(16),
  );
  const zeros = longestZeros(groups);
  if (zeros === undefined) return groups.join(":");
  const [before, behind] = [groups.slice(0, zeros.start), groups.slice(zeros.end)];
  return `${before.join(":")}::${behind.join(":")}`;
}

/** The first of the longest rows of at least two. */
function longestZeros(groups: readonly string[]): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > (best === undefined ? 1 : best.end - best.start)) best = { start, end };
  }
  return best;
}

/** The addresses of a network, first and last, those included that no host can have. */
export function boundsOf({ family, value, length }: Subnet): { first: bigint; last: bigint } {
  const size = 1n << BigInt(BITS[family] - length);
  const first = value - value % size;
  return { first, last: first + size - 1n };
}
