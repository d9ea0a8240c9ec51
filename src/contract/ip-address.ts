import * as v from "valibot";
import { isNetwork, parseAddress, type ParsedAddress } from "../address.ts";

/** What is wanted of an address besides its form. */
interface AddressForm {
  readonly family: 4 | 6;
  readonly withLength: boolean;
}

/** Go takes an address of IPv4 that is written as one of IPv6 for IPv4; others do not. */
function isMapped({ family, value }: ParsedAddress): boolean {
  return family === 6 && value >> 32n === 0xffffn;
}

function address({ family, withLength }: AddressForm): v.GenericSchema<unknown, string> {
  const example = family === 4 ? "10.0.0.1" : "fd00::1";
  return v.pipe(
    v.string(),
    v.check(
      (text) => {
        const parsed = parseAddress(text);
        return parsed?.family === family && (parsed.length !== undefined) === withLength &&
          !isMapped(parsed);
      },
      `Invalid address: Expected ${withLength ? `${example}/${family === 4 ? 8 : 64}` : example}`,
    ),
  );
}

/** `10.0.0.1` */
export const Ipv4Schema: v.GenericSchema<unknown, string> = address({
  family: 4,
  withLength: false,
});

/** `fd00::1` */
export const Ipv6Schema: v.GenericSchema<unknown, string> = address({
  family: 6,
  withLength: false,
});

/** `10.0.0.1/8`: an address and the network that it is in. */
export const Ipv4CidrSchema: v.GenericSchema<unknown, string> = address({
  family: 4,
  withLength: true,
});

/** `fd00::1/64` */
export const Ipv6CidrSchema: v.GenericSchema<unknown, string> = address({
  family: 6,
  withLength: true,
});

/** Either family, without a prefix length. */
export const IpSchema: v.GenericSchema<unknown, string> = v.union(
  [Ipv4Schema, Ipv6Schema],
  "Invalid address: Expected 10.0.0.1 or fd00::1",
);

/** Either family, with a prefix length. */
export const CidrSchema: v.GenericSchema<unknown, string> = v.union(
  [Ipv4CidrSchema, Ipv6CidrSchema],
  "Invalid address: Expected 10.0.0.1/8 or fd00::1/64",
);

/** A whole network: no bit is set behind its prefix. */
export const NetworkSchema: v.GenericSchema<unknown, string> = v.pipe(
  CidrSchema,
  v.check(isNetwork, "Invalid network: Expected 10.0.0.0/8, no bit set behind the prefix"),
);

/** Six octets with colons; Go reads other forms too, the kernel's tools do not. */
export const MacAddressSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(
    /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/,
    "Invalid MAC address: Expected 02:42:0a:00:00:01",
  ),
);

/** One that an interface can have: of one station, and not all zero. @see IEEE 802, section 8.2 */
export const StationAddressSchema: v.GenericSchema<unknown, string> = v.pipe(
  MacAddressSchema,
  v.check(
    (text) => (parseInt(text.slice(0, 2), 16) & 1) === 0 && /[1-9A-Fa-f]/.test(text),
    "Invalid MAC address: Expected one that an interface can have",
  ),
);

/** Whether two texts are the same address, with the same prefix length or both without. */
export function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [parseAddress(one), parseAddress(other)];
  return a !== undefined && b !== undefined && a.family === b.family && a.value === b.value &&
    a.length === b.length;
}

/** The text without its prefix length. */
export function withoutLength(text: string): string {
  return text.split("/", 1)[0]!;
}
