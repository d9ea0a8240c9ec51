import type {
  DiscoveredNode,
  EndpointInterface,
  JoinedEndpoint,
  NetdriverAnswer,
  NetdriverAnswers,
  NetdriverMethod,
  NetworkPool,
  StaticRoute,
} from "../contract/netdriver.ts";
import type { Shape, Structure } from "../document/recognise/docker-schema.ts";
import type { Plugin } from "../host/plugin.ts";
import type { JsonObject } from "../json.ts";
import type { DockerInterface, DockerMethod } from "./interface.ts";
import { answered } from "./status.ts";
import { type Fields, given } from "./wire.ts";

const POOLS: Shape = {
  items: { fields: { AddressSpace: null, Pool: null, Gateway: null, AuxAddresses: null } },
};

const SHAPE: Structure = {
  fields: {
    NetworkID: null,
    EndpointID: null,
    SandboxKey: null,
    Options: null,
    IPv4Data: POOLS,
    IPv6Data: POOLS,
    Interface: { fields: { Address: null, AddressIPv6: null, MacAddress: null } },
    DiscoveryType: null,
    DiscoveryData: { fields: { Address: null, BindAddress: null, Self: null } },
  },
};

/** The only thing that Docker discovers for plugins. @see moby, libnetwork/discoverapi */
const NODE_DISCOVERY = 1;

/** @see moby, libnetwork/types, RouteType */
const ROUTE_TYPES: Readonly<Record<StaticRoute["routeType"], number>> = {
  nexthop: 0,
  connected: 1,
};

/**
 * Docker's NetworkDriver.
 *
 * @see moby, daemon/libnetwork/drivers/remote
 */
export function networkDriver({ netdriver }: Pick<Plugin, "netdriver">): DockerInterface {
  const done = <Method extends NetdriverMethod>(answer: NetdriverAnswer<Method>) =>
    answered<NetdriverAnswers[Method]>(answer);
  const method = (call: DockerMethod["call"]): DockerMethod => ({ shape: SHAPE, call });
  /** A method that answers nothing but that it was done. */
  const silent = <Method extends NetdriverMethod>(
    call: (...args: Parameters<DockerMethod["call"]>) => Promise<NetdriverAnswer<Method>>,
  ) =>
    method(async (request, options) => {
      done(await call(request, options));
      return {};
    });
  return {
    name: "NetworkDriver",
    methods: {
      "NetworkDriver.GetCapabilities": {
        ...method(async (_, options) => {
          const { scope, connectivityScope = scope, gwAllocChecker = false } = done(
            await netdriver.getCapabilities(options),
          );
          return {
            Scope: scope,
            ConnectivityScope: connectivityScope,
            GwAllocChecker: gwAllocChecker,
          };
        }),
        mayBeEmpty: true,
      },
      "NetworkDriver.AllocateNetwork": method(async (request, options) => {
        const allocation = { ...creationOf(request), options: request.texts("Options") };
        const answer = done(await netdriver.allocateNetwork(allocation, options));
        return { Options: { ...answer.options } };
      }),
      "NetworkDriver.FreeNetwork": silent<"freeNetwork">((request, options) =>
        netdriver.freeNetwork(networkOf(request), options)
      ),
      "NetworkDriver.GwAllocCheck": method(async (request, options) => {
        const { skipIpv4 = false, skipIpv6 = false } = done(
          await netdriver.gwAllocCheck({ options: request.object("Options") }, options),
        );
        return { SkipIPv4: skipIpv4, SkipIPv6: skipIpv6 };
      }),
      "NetworkDriver.CreateNetwork": silent<"createNetwork">((request, options) =>
        netdriver.createNetwork(
          { ...creationOf(request), options: request.object("Options") },
          options,
        )
      ),
      "NetworkDriver.DeleteNetwork": silent<"deleteNetwork">((request, options) =>
        netdriver.deleteNetwork(networkOf(request), options)
      ),
      "NetworkDriver.CreateEndpoint": method(async (request, options) => {
        const creation = {
          ...endpointOf(request),
          interface: interfaceOf(request),
          options: request.object("Options"),
        };
        const answer = done(await netdriver.createEndpoint(creation, options));
        return answer.interface === undefined
          ? {}
          : { Interface: writeInterface(answer.interface) };
      }),
      "NetworkDriver.EndpointOperInfo": method(async (request, options) => {
        const { value } = done(await netdriver.endpointOperInfo(endpointOf(request), options));
        return { Value: value };
      }),
      "NetworkDriver.DeleteEndpoint": silent<"deleteEndpoint">((request, options) =>
        netdriver.deleteEndpoint(endpointOf(request), options)
      ),
      "NetworkDriver.Join": method(async (request, options) => {
        const join = {
          ...endpointOf(request),
          sandboxKey: request.text("SandboxKey"),
          options: request.object("Options"),
        };
        return writeJoined(done(await netdriver.join(join, options)));
      }),
      "NetworkDriver.Leave": silent<"leave">((request, options) =>
        netdriver.leave(endpointOf(request), options)
      ),
      "NetworkDriver.ProgramExternalConnectivity": silent<"programExternalConnectivity">((
        request,
        options,
      ) =>
        netdriver.programExternalConnectivity(
          { ...endpointOf(request), options: request.object("Options") },
          options,
        )
      ),
      "NetworkDriver.RevokeExternalConnectivity": silent<"revokeExternalConnectivity">((
        request,
        options,
      ) => netdriver.revokeExternalConnectivity(endpointOf(request), options)),
      "NetworkDriver.DiscoverNew": silent<"discoverNew">((request, options) =>
        netdriver.discoverNew(nodeOf(request), options)
      ),
      "NetworkDriver.DiscoverDelete": silent<"discoverDelete">((request, options) =>
        netdriver.discoverDelete(nodeOf(request), options)
      ),
    },
  };
}

function networkOf(request: Fields) {
  return { networkId: request.text("NetworkID") };
}

function endpointOf(request: Fields) {
  return { ...networkOf(request), endpointId: request.text("EndpointID") };
}

function creationOf(request: Fields) {
  return {
    ...networkOf(request),
    ipv4Data: request.list("IPv4Data").map(poolOf),
    ipv6Data: request.list("IPv6Data").map(poolOf),
  };
}

function poolOf(data: Fields): NetworkPool {
  const auxAddresses = data.texts("AuxAddresses");
  return {
    addressSpace: data.text("AddressSpace"),
    pool: data.text("Pool"),
    ...given({ gateway: data.text("Gateway") }),
    ...(Object.keys(auxAddresses).length === 0 ? {} : { auxAddresses }),
  };
}

function interfaceOf(request: Fields): EndpointInterface {
  const fields = request.fields("Interface");
  return fields === undefined ? {} : given({
    address: fields.text("Address"),
    addressIpv6: fields.text("AddressIPv6"),
    macAddress: fields.text("MacAddress"),
  });
}

function nodeOf(request: Fields): DiscoveredNode {
  const type = request.count("DiscoveryType");
  if (type !== NODE_DISCOVERY) throw request.unlike("DiscoveryType", "1, a node of the cluster");
  const data = request.fields("DiscoveryData");
  if (data === undefined) throw request.unlike("DiscoveryData", "an object");
  return {
    discoveryType: "node",
    discoveryData: {
      address: data.text("Address"),
      ...given({ bindAddress: data.text("BindAddress") }),
      self: data.flag("Self"),
    },
  };
}

/** Docker fills in only what it left empty, and takes an empty text for that. */
function writeInterface(one: EndpointInterface): JsonObject {
  const { address = "", addressIpv6 = "", macAddress = "" } = one;
  return { Address: address, AddressIPv6: addressIpv6, MacAddress: macAddress };
}

function writeJoined(joined: JoinedEndpoint): JsonObject {
  const { interfaceName, gateway = "", gatewayIpv6 = "", staticRoutes = [] } = joined;
  const { srcName, dstPrefix } = interfaceName ?? {};
  return {
    ...(srcName === undefined || dstPrefix === undefined
      ? {}
      : { InterfaceName: { SrcName: srcName, DstPrefix: dstPrefix } }),
    Gateway: gateway,
    GatewayIPv6: gatewayIpv6,
    StaticRoutes: staticRoutes.map((route) => ({
      Destination: route.destination,
      RouteType: ROUTE_TYPES[route.routeType],
      NextHop: route.routeType === "nexthop" ? route.nextHop : "",
    })),
    DisableGatewayService: joined.disableGatewayService ?? false,
  };
}
