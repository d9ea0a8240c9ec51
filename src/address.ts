/**
 * Whether `text` is an IPv4 or IPv6 address, with or without a prefix length: `10.0.0.1`, `fd00::/64`.
 * Strict, since programs disagree about the rest: four decimal octets without leading zeros, no zone.
 *
 * @see RFC 4291, section 2.2; RFC 4632, section 3.1
 */
export function isAddress(text: string): boolean {
  const [, address, length] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  if (address === undefined) return false;
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  return Number(length ?? 0) <= bits;
}

function isIpv4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 &&
    octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  const last = all.at(-1);
  // An address of IPv4 may stand for the last two groups; not before "::".
  const endsInIpv4 = last !== undefined && groups.at(-1)!.length > 0 && isIpv4(last);
  const plain = endsInIpv4 ? all.slice(0, -1) : all;
  if (!plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const count = plain.length + (endsInIpv4 ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** An address by its value. */
export interface ParsedAddress {
  readonly family: 4 | 6;
  /** Of 32 or 128 bits. */
  readonly value: bigint;
  /** The prefix length, where one was written. */
  readonly length: number | undefined;
}

/** Reads what {@link isAddress} takes; undefined for anything else. */
export function parseAddress(text: string): ParsedAddress | undefined {
  if (!isAddress(text)) return undefined;
  const [address, length] = text.split("/") as [string, string?];
  const family = address.includes(":") ? 6 : 4;
  const groups = family === 4 ? octets(address) : wordsOf(address);
  const bits = family === 4 ? 8n : 16n;
  const value = groups.reduce((sum, group) => (sum << bits) | BigInt(group), 0n);
  return { family, value, length: length === undefined ? undefined : Number(length) };
}

/** Whether `text` is a whole network: a prefix length, and no bit set behind it. */
export function isNetwork(text: string): boolean {
  const parsed = parseAddress(text);
  if (parsed?.length === undefined) return false;
  const hostBits = BigInt((parsed.family === 4 ? 32 : 128) - parsed.length);
  return parsed.value === (parsed.value >> hostBits) << hostBits;
}

function octets(text: string): number[] {
  return text.split(".").map(Number);
}

function wordsOf(text: string): number[] {
  const halves = text.split("::").map((half) =>
    half === "" ? [] : half.split(":").flatMap((group) => {
      if (!group.includes(".")) return [parseInt(group, 16)];
      const [a, b, c, d] = octets(group) as [number, number, number, number];
      return [a * 256 + b, c * 256 + d];
    })
  );
  const [before, behind = []] = halves as [number[], number[]?];
  return [...before, ...Array<number>(8 - before.length - behind.length).fill(0), ...behind];
}
