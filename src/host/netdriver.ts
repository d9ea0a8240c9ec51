import {
  NETDRIVER_METHODS,
  netdriverRequest,
  readNetdriverAnswer,
} from "../contract/netdriver-methods.ts";
import type {
  DiscoveredNode,
  EndpointCreation,
  EndpointJoin,
  ExternalConnectivity,
  NamedEndpoint,
  NamedNetwork,
  NetdriverAnswer,
  NetdriverInputs,
  NetdriverMethod,
  NetdriverRequest,
  NetworkAllocation,
  NetworkCreation,
} from "../contract/netdriver.ts";
import { ask, type AskedGuest, type AskOptions, type Question } from "./ask.ts";

type Reply<Method extends NetdriverMethod> = Promise<NetdriverAnswer<Method>>;

/**
 * The netdriver contract of a loaded plugin, with the methods of Docker's NetworkDriver. That the driver
 * could not do it is an answer, `{error: {code, message}}`; what it may lack succeeds where it does.
 *
 * @throws {PluginError} Each of them: `contract.*`, `sandbox.*`, `usage.invalid`, `call.aborted`
 */
export interface NetworkDriver {
  getCapabilities(options?: AskOptions): Reply<"getCapabilities">;
  allocateNetwork(input: NetworkAllocation, options?: AskOptions): Reply<"allocateNetwork">;
  freeNetwork(input: NamedNetwork, options?: AskOptions): Reply<"freeNetwork">;
  gwAllocCheck(
    input: NetdriverInputs["gwAllocCheck"],
    options?: AskOptions,
  ): Reply<"gwAllocCheck">;
  createNetwork(input: NetworkCreation, options?: AskOptions): Reply<"createNetwork">;
  deleteNetwork(input: NamedNetwork, options?: AskOptions): Reply<"deleteNetwork">;
  createEndpoint(input: EndpointCreation, options?: AskOptions): Reply<"createEndpoint">;
  endpointOperInfo(input: NamedEndpoint, options?: AskOptions): Reply<"endpointOperInfo">;
  deleteEndpoint(input: NamedEndpoint, options?: AskOptions): Reply<"deleteEndpoint">;
  join(input: EndpointJoin, options?: AskOptions): Reply<"join">;
  leave(input: NamedEndpoint, options?: AskOptions): Reply<"leave">;
  programExternalConnectivity(
    input: ExternalConnectivity,
    options?: AskOptions,
  ): Reply<"programExternalConnectivity">;
  revokeExternalConnectivity(
    input: NamedEndpoint,
    options?: AskOptions,
  ): Reply<"revokeExternalConnectivity">;
  discoverNew(input: DiscoveredNode, options?: AskOptions): Reply<"discoverNew">;
  discoverDelete(input: DiscoveredNode, options?: AskOptions): Reply<"discoverDelete">;
}

/** The netdriver contract of `guest`; asked of a plugin without it, each method is rejected. */
export function netdriverOf(guest: AskedGuest): NetworkDriver {
  const method = <Method extends NetdriverMethod>(name: Method) => {
    return (input: NetdriverInputs[Method], options?: AskOptions): Reply<Method> =>
      ask(guest, {
        contract: "netdriver",
        method: NETDRIVER_METHODS[name],
        request: (header) => netdriverRequest<Method>(input, header),
        read: (request, output) => readNetdriverAnswer(name, request, output),
      } as Question<NetdriverRequest<Method>, NetdriverAnswer<Method>>, options);
  };
  const getCapabilities = method("getCapabilities");
  return {
    getCapabilities: (options) => getCapabilities({}, options),
    allocateNetwork: method("allocateNetwork"),
    freeNetwork: method("freeNetwork"),
    gwAllocCheck: method("gwAllocCheck"),
    createNetwork: method("createNetwork"),
    deleteNetwork: method("deleteNetwork"),
    createEndpoint: method("createEndpoint"),
    endpointOperInfo: method("endpointOperInfo"),
    deleteEndpoint: method("deleteEndpoint"),
    join: method("join"),
    leave: method("leave"),
    programExternalConnectivity: method("programExternalConnectivity"),
    revokeExternalConnectivity: method("revokeExternalConnectivity"),
    discoverNew: method("discoverNew"),
    discoverDelete: method("discoverDelete"),
  };
}
