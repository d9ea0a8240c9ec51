import { type JoinedEndpoint, netDriver, type StaticRoute } from "cofferdam/guest";
import {
  describeEndpoint,
  makeEndpoint,
  planEndpoint,
  readEndpoint,
  removeEndpoint,
  removeEndpoints,
} from "./endpoint.ts";
import { removeUnfinished } from "./make-link.ts";
import {
  makeNetwork,
  type Network,
  planNetwork,
  readNetwork,
  removeNetwork,
  restoreBridge,
} from "./network.ts";
import type { Settings } from "./settings.ts";

export default netDriver<Settings>({
  /** Docker asks this when it starts. */
  getCapabilities(_request, host) {
    removeUnfinished(host);
    return { scope: "local" };
  },

  createNetwork(request, host) {
    const network = planNetwork(request);
    removeUnfinished(host);
    makeNetwork(host, request.networkId, network);
  },

  deleteNetwork({ networkId }, host) {
    removeUnfinished(host);
    removeEndpoints(host, networkId);
    removeNetwork(host, networkId);
  },

  createEndpoint(request, host) {
    const network = readNetwork(host, request.networkId);
    const endpoint = planEndpoint(request);
    removeUnfinished(host);
    restoreBridge(host, network);
    makeEndpoint(host, request, endpoint, network);
    // What Docker has decided already it does not take again.
    if (request.interface.macAddress !== undefined) return {};
    return { interface: { macAddress: endpoint.mac } };
  },

  deleteEndpoint({ networkId, endpointId }, host) {
    removeEndpoint(host, networkId, endpointId);
  },

  endpointOperInfo({ networkId, endpointId }, host) {
    const network = readNetwork(host, networkId);
    return { value: describeEndpoint(readEndpoint(host, networkId, endpointId), network) };
  },

  join({ networkId, endpointId, settings }, host) {
    const network = readNetwork(host, networkId);
    const { container } = readEndpoint(host, networkId, endpointId);
    const { interfacePrefix = "eth" } = settings;
    return {
      interfaceName: { srcName: container, dstPrefix: interfacePrefix },
      ...gatewaysOf(network),
      ...(network.routes.length === 0 ? {} : { staticRoutes: routesOf(network) }),
    };
  },

  /** Docker has the interface back, or it ended with its container; `deleteEndpoint` removes it. */
  leave() {},
});

/** Without a gateway Docker would give the container another interface, on a bridge of its own. */
function gatewaysOf({ gateways }: Network): JoinedEndpoint {
  const addresses = gateways.map((gateway) => gateway.split("/", 1)[0]!);
  const ipv4 = addresses.find((address) => !address.includes(":"));
  const ipv6 = addresses.find((address) => address.includes(":"));
  return {
    ...(ipv4 === undefined ? { disableGatewayService: true } : { gateway: ipv4 }),
    ...(ipv6 === undefined ? {} : { gatewayIpv6: ipv6 }),
  };
}

function routesOf({ routes }: Network): StaticRoute[] {
  return routes.map(({ destination, nextHop }) =>
    nextHop === undefined
      ? { destination, routeType: "connected" }
      : { destination, routeType: "nexthop", nextHop }
  );
}
