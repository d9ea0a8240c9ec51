/** The two kinds of addresses. */
export type Family = 4 | 6;

/** An address as a number of 32 or 128 bits. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** All addresses that begin with the same bits. */
export interface Network {
  readonly family: Family;
  readonly start: bigint;
  /** How many bits they have in common. */
  readonly length: number;
}

/** How many bits an address has. */
export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** How many addresses a network has. */
export function sizeOf({ family, length }: Network): bigint {
  return 1n << BigInt(bitsOf(family) - length);
}

/** A network's last address. */
export function endOf(network: Network): bigint {
  return network.start + sizeOf(network) - 1n;
}

/** Whether all of `part` is in `whole`. */
export function includes(whole: Network, part: Network): boolean {
  return whole.family === part.family && part.start >= whole.start && endOf(part) <= endOf(whole);
}

/** Addresses that no interface of a network has. @see RFC 6890; RFC 4291, section 2.4 */
const SPECIAL: readonly (readonly [text: string, what: string])[] = [
  ["0.0.0.0/8", "unspecified"],
  ["127.0.0.0/8", "loopback"],
  ["224.0.0.0/4", "multicast"],
  ["255.255.255.255/32", "broadcast"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["ff00::/8", "multicast"],
];

/** What no interface can have of a network: `has loopback addresses`; undefined where there is nothing. */
export function whySpecial(network: Network): string | undefined {
  const found = SPECIAL.find(([text]) => {
    const special = readNetwork(text)!;
    return includes(special, network) || includes(network, special);
  });
  return found && `has ${found[1]} addresses`;
}

/** Reads `10.0.0.1` or `fd00::1`; undefined for anything else. */
export function readIp(text: string): Ip | undefined {
  const family = text.includes(":") ? 6 : 4;
  const value = family === 4 ? readIpv4(text) : readIpv6(text);
  return value === undefined ? undefined : { family, value };
}

/** Reads `10.0.0.1/8` as the network of that address; undefined for anything else. */
export function readNetwork(text: string): Network | undefined {
  const [, address = "", digits = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const ip = readIp(address);
  const length = Number(digits);
  if (ip === undefined || digits === "" || length > bitsOf(ip.family)) return undefined;
  const size = sizeOf({ family: ip.family, start: 0n, length });
  return { family: ip.family, start: ip.value - ip.value % size, length };
}

/** `10.0.0.0/8` */
export function writeNetwork({ family, start, length }: Network): string {
  return `${writeIp({ family, value: start })}/${length}`;
}

/** The address in the one way that RFC 5952 wants it. */
export function writeIp({ family, value }: Ip): string {
  if (family === 4) return groupsOf(value, 4, 8).join(".");
  const text = groupsOf(value, 8, 16).map((group) => group.toString(16)).join(":");
  // The longest run of zeros, the first where several are as long; one zero alone stays.
  const runs = text.match(/(?<![^:])0(?::0)+(?![^:])/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text;
  const at = text.search(new RegExp(`(?<![^:])${longest}(?![^:])`));
  const [before, behind] = [text.slice(0, at), text.slice(at + longest.length)];
  return `${before.replace(/:$/, "")}::${behind.replace(/^:/, "")}`;
}

function readIpv4(text: string): bigint | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (octets === undefined) return undefined;
  if (octets.some((octet) => Number(octet) > 255 || /^0\d/.test(octet))) return undefined;
  return joinGroups(octets.map(Number), 8n);
}

function readIpv6(text: string): bigint | undefined {
  const halves = text.split("::").map((half) => (half === "" ? [] : half.split(":")));
  if (halves.length > 2) return undefined;
  const [before, behind = []] = halves as [string[], string[]?];
  const missing = 8 - before.length - behind.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...behind];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return joinGroups(groups.map((group) => parseInt(group, 16)), 16n);
}

function joinGroups(groups: readonly number[], bits: bigint): bigint {
  return groups.reduce((sum, group) => (sum << bits) | BigInt(group), 0n);
}

function groupsOf(value: bigint, count: number, bits: number): number[] {
  const mask = (1n << BigInt(bits)) - 1n;
  return Array.from(
    { length: count },
    (_, i) => Number((value >> BigInt(bits * (count - 1 - i))) & mask),
  );
}
