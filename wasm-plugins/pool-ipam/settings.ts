import { DriverError, type SettingsFault } from "cofferdam/guest";
import {
  bitsOf,
  type Family,
  includes,
  type Network,
  readNetwork,
  whySpecial,
  writeNetwork,
} from "../shared/address.ts";

/** Addresses that pools are cut from. */
export interface SupernetSettings {
  /** `10.64.0.0/12` */
  readonly supernet: string;
  /** Of each pool; without it 24 for IPv4 and 64 for IPv6, or the supernet as a whole. */
  readonly prefixLength?: number;
}

/** What an operator says, as the schema in `plugin.json` has it. */
export interface Settings {
  readonly addressSpaces: Readonly<Record<string, readonly SupernetSettings[]>>;
  readonly localAddressSpace?: string;
  readonly globalAddressSpace?: string;
  readonly onlySupernets?: boolean;
  readonly replay?: boolean;
}

/** Addresses that pools of one length are cut from. */
export interface Supernet {
  readonly network: Network;
  readonly prefixLength: number;
}

/** The address spaces that are meant where nobody names one. */
export function defaultSpaces(
  { localAddressSpace = "local", globalAddressSpace = "global" }: Settings,
): { readonly local: string; readonly global: string } {
  return { local: localAddressSpace, global: globalAddressSpace };
}

/** @throws {DriverError} `not-found` for an address space that the operator did not name */
export function supernetsOf(
  { addressSpaces }: Settings,
  space: string,
  family: Family,
): readonly Supernet[] {
  const list = Object.hasOwn(addressSpaces, space) ? addressSpaces[space]! : undefined;
  if (list === undefined) {
    const names = Object.keys(addressSpaces).map((name) => `"${name}"`).join(", ");
    throw new DriverError(
      "not-found",
      `there is no address space "${space}"; the operator's settings name ${names}`,
    );
  }
  return list.map(readSupernet).filter(({ network }) => network.family === family);
}

function readSupernet({ supernet, prefixLength }: SupernetSettings): Supernet {
  const network = readNetwork(supernet);
  if (network === undefined) throw new Error(`"${supernet}" in the settings is no network`);
  return { network, prefixLength: prefixLength ?? usualLength(network) };
}

function usualLength({ family, length }: Network): number {
  return Math.max(length, family === 4 ? 24 : 64);
}

/** What the schema in `plugin.json` cannot say. */
export function settingsFaults(settings: Settings): SettingsFault[] {
  const faults: SettingsFault[] = [];
  for (const [space, list] of Object.entries(settings.addressSpaces)) {
    const before: Network[] = [];
    list.forEach(({ supernet, prefixLength }, index) => {
      const path = `/addressSpaces/${space}/${index}`;
      const network = readNetwork(supernet);
      const why = network === undefined
        ? "is no network; wanted 10.64.0.0/12"
        : whyNot(supernet, network, prefixLength, before);
      if (why !== undefined) faults.push({ path, message: `"${supernet}" ${why}.` });
      if (network !== undefined) before.push(network);
    });
  }
  for (const [key, space] of Object.entries(defaultSpaces(settings))) {
    // A network of several hosts is something that most never make.
    const isNeeded = key === "local" || settings.globalAddressSpace !== undefined;
    if (!isNeeded || Object.hasOwn(settings.addressSpaces, space)) continue;
    const path = `/${key}AddressSpace`;
    faults.push({ path, message: `There is no "${space}" in "addressSpaces".` });
  }
  return faults;
}

function whyNot(
  text: string,
  network: Network,
  prefixLength: number | undefined,
  before: readonly Network[],
): string | undefined {
  const whole = writeNetwork(network);
  if (text !== whole) return `has to be written as "${whole}"`;
  const special = whySpecial(network);
  if (special !== undefined) return special;
  const most = bitsOf(network.family);
  if (prefixLength !== undefined && (prefixLength < network.length || prefixLength > most)) {
    return `has a prefixLength of ${prefixLength}; wanted ${network.length} to ${most}`;
  }
  const other = before.find((one) => includes(one, network) || includes(network, one));
  return other && `overlaps "${writeNetwork(other)}"`;
}
