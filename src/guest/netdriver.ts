import type {
  GatewayAllocation,
  JoinedEndpoint,
  NetdriverAnswers,
  NetdriverCapabilities,
  NetdriverMethod,
  NetdriverRequest,
} from "../contract/netdriver.ts";
import type { JsonValue } from "../json.ts";
import { entriesOf } from "./answer-of.ts";
import { driverFaultOf } from "./driver-error.ts";
import type { Host } from "./host.ts";
import type { GuestPlugin } from "./plugin.ts";
import { type PluginOptions, settingsExports } from "./settings.ts";

/** A question of one method, with the settings that the manifest's schema describes. */
export type NetworkDriverQuestion<Method extends NetdriverMethod, Settings = JsonValue> =
  & Omit<NetdriverRequest<Method>, "settings">
  & { readonly settings: Settings };

type Answer<Value> = Value | Promise<Value>;
type Question<Method extends NetdriverMethod, Settings> = NetworkDriverQuestion<Method, Settings>;

/**
 * A network driver. Throw a `DriverError` for what you cannot do: its message is what Docker shows.
 * Methods are called one after the other, unless `plugin.json` says `"concurrency": "parallel"`.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 */
export interface NetworkDriver<Settings = JsonValue> {
  getCapabilities(
    request: Question<"getCapabilities", Settings>,
    host: Host,
  ): Answer<NetdriverCapabilities>;
  createNetwork(request: Question<"createNetwork", Settings>, host: Host): Answer<void>;
  /** What is gone already is no error: Docker may ask twice. The same holds of the other undoings. */
  deleteNetwork(request: Question<"deleteNetwork", Settings>, host: Host): Answer<void>;
  /**
   * Makes one container's end of a network.
   *
   * @returns What of `request.interface` was left open and is decided now, or nothing.
   */
  createEndpoint(
    request: Question<"createEndpoint", Settings>,
    host: Host,
  ): Answer<NetdriverAnswers["createEndpoint"] | void>;
  deleteEndpoint(request: Question<"deleteEndpoint", Settings>, host: Host): Answer<void>;
  /** Says which interface Docker moves into the container, and which gateway and routes it gets. */
  join(request: Question<"join", Settings>, host: Host): Answer<JoinedEndpoint>;
  leave(request: Question<"leave", Settings>, host: Host): Answer<void>;
  /** Says something about an endpoint, for people. */
  endpointOperInfo?(
    request: Question<"endpointOperInfo", Settings>,
    host: Host,
  ): Answer<NetdriverAnswers["endpointOperInfo"]>;
  /** Makes an endpoint's ports reachable from elsewhere. */
  programExternalConnectivity?(
    request: Question<"programExternalConnectivity", Settings>,
    host: Host,
  ): Answer<void>;
  revokeExternalConnectivity?(
    request: Question<"revokeExternalConnectivity", Settings>,
    host: Host,
  ): Answer<void>;
  /** Asked before a network is made, where `gwAllocChecker` says so: which gateways it does without. */
  gwAllocCheck?(
    request: Question<"gwAllocCheck", Settings>,
    host: Host,
  ): Answer<GatewayAllocation>;
  /** Asked on a manager of a cluster, before any host makes the network. */
  allocateNetwork?(
    request: Question<"allocateNetwork", Settings>,
    host: Host,
  ): Answer<NetdriverAnswers["allocateNetwork"]>;
  freeNetwork?(request: Question<"freeNetwork", Settings>, host: Host): Answer<void>;
  /** A host came to the cluster. */
  discoverNew?(request: Question<"discoverNew", Settings>, host: Host): Answer<void>;
  /** A host left the cluster. */
  discoverDelete?(request: Question<"discoverDelete", Settings>, host: Host): Answer<void>;
}

const REQUIRED = [
  ...["getCapabilities", "createNetwork", "deleteNetwork"],
  ...["createEndpoint", "deleteEndpoint", "join", "leave"],
];
const OPTIONAL = [
  ...["endpointOperInfo", "programExternalConnectivity", "revokeExternalConnectivity"],
  ...["gwAllocCheck", "allocateNetwork", "freeNetwork", "discoverNew", "discoverDelete"],
];

/**
 * Makes a plugin of a network driver.
 *
 * ```ts
 * import { DriverError, netDriver } from "cofferdam/guest";
 * export default netDriver({
 *   getCapabilities: () => ({ scope: "local" }),
 *   createNetwork: ({ networkId, ipv4Data }, host) => …,
 *   …
 * });
 * ```
 *
 * @throws {TypeError} Where the driver lacks a method, or has one, or an option, that there is not.
 */
export function netDriver<Settings = JsonValue>(
  driver: NetworkDriver<Settings>,
  options: PluginOptions<Settings> = {},
): GuestPlugin {
  const exports = entriesOf(driver, {
    contract: "netdriver",
    what: "the network driver",
    required: REQUIRED,
    optional: OPTIONAL,
    faultOf: driverFaultOf,
  });
  return {
    contract: "netdriver",
    exports: { ...exports, ...settingsExports("netDriver()", options) },
  };
}
