import type {
  AssignedAddress,
  AssignedPool,
  DefaultAddressSpaces,
  IpamCapabilities,
  IpamMethod,
  IpamRequest,
} from "../contract/ipam.ts";
import type { JsonValue } from "../json.ts";
import { entriesOf } from "./answer-of.ts";
import { driverFaultOf } from "./driver-error.ts";
import type { Host } from "./host.ts";
import type { GuestPlugin } from "./plugin.ts";
import { type PluginOptions, settingsExports } from "./settings.ts";

/** A question of one method, with the settings that the manifest's schema describes. */
export type IpamQuestion<Method extends IpamMethod, Settings = JsonValue> =
  & Omit<IpamRequest<Method>, "settings">
  & { readonly settings: Settings };

type Answer<Value> = Value | Promise<Value>;

/**
 * A driver of addresses, for the networks of any driver. Throw a `DriverError` for what you cannot do:
 * its message is what Docker shows. Methods are called one after the other, unless `plugin.json` says
 * `"concurrency": "parallel"`.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 */
export interface IpamDriver<Settings = JsonValue> {
  /** Left out, it wants neither MAC addresses nor a replay. */
  getCapabilities?(
    request: IpamQuestion<"getCapabilities", Settings>,
    host: Host,
  ): Answer<IpamCapabilities>;
  getDefaultAddressSpaces(
    request: IpamQuestion<"getDefaultAddressSpaces", Settings>,
    host: Host,
  ): Answer<DefaultAddressSpaces>;
  /** Takes a pool; the one that is asked for, or one that the driver chooses. */
  requestPool(request: IpamQuestion<"requestPool", Settings>, host: Host): Answer<AssignedPool>;
  /** Gives a pool back. What is gone already is no error: Docker may ask twice. */
  releasePool(request: IpamQuestion<"releasePool", Settings>, host: Host): Answer<void>;
  /** Takes an address; the one that is asked for, or one that the driver chooses. */
  requestAddress(
    request: IpamQuestion<"requestAddress", Settings>,
    host: Host,
  ): Answer<AssignedAddress>;
  /** Gives an address back. What is gone already is no error. */
  releaseAddress(request: IpamQuestion<"releaseAddress", Settings>, host: Host): Answer<void>;
}

const REQUIRED = [
  ..."getDefaultAddressSpaces requestPool releasePool requestAddress releaseAddress".split(" "),
];
const OPTIONAL = ["getCapabilities"];

/**
 * Makes a plugin of a driver of addresses.
 *
 * ```ts
 * import { DriverError, ipam } from "cofferdam/guest";
 * export default ipam({
 *   requestPool: ({ pool = "10.1.0.0/24" }) => ({ poolId: pool, pool }),
 *   …
 * });
 * ```
 *
 * @throws {TypeError} Where the driver lacks a method, or has one, or an option, that there is not.
 */
export function ipam<Settings = JsonValue>(
  driver: IpamDriver<Settings>,
  options: PluginOptions<Settings> = {},
): GuestPlugin {
  const exports = entriesOf(driver, {
    contract: "ipam",
    what: "the ipam driver",
    required: REQUIRED,
    optional: OPTIONAL,
    faultOf: driverFaultOf,
  });
  return {
    contract: "ipam",
    exports: { ...exports, ...settingsExports("ipam()", options) },
  };
}
