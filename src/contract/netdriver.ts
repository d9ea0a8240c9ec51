import type { JsonObject } from "../json.ts";
import type { DriverFault } from "./driver-fault.ts";
import type { Done, RequestHeader } from "./method.ts";

/** What an address driver gave a network. */
export interface NetworkPool {
  /** Empty where the address driver has none. */
  readonly addressSpace: string;
  /** With its prefix length. */
  readonly pool: string;
  /** With its prefix length; left out where the address driver gave none. */
  readonly gateway?: string | undefined;
  /** By the names that their user gave them, each with its prefix length. */
  readonly auxAddresses?: Readonly<Record<string, string>> | undefined;
}

/** Names a network, by Docker's ID of it. */
export interface NamedNetwork {
  readonly networkId: string;
}

/** What a network is made of. */
export interface NetworkCreation extends NamedNetwork {
  /**
   * As Docker has them: `com.docker.network.generic` holds what `docker network create -o` says,
   * `com.docker.network.enable_ipv6` is true or false.
   */
  readonly options: JsonObject;
  readonly ipv4Data: readonly NetworkPool[];
  readonly ipv6Data: readonly NetworkPool[];
}

/** What a network of several hosts is made of, before any of them makes it. */
export interface NetworkAllocation extends NetworkCreation {
  readonly options: Readonly<Record<string, string>>;
}

/** Names one container's end of a network. */
export interface NamedEndpoint extends NamedNetwork {
  readonly endpointId: string;
}

/** What an interface is to have, or has; addresses with their prefix length. */
export interface EndpointInterface {
  readonly address?: string | undefined;
  readonly addressIpv6?: string | undefined;
  /** `02:42:0a:00:00:02` */
  readonly macAddress?: string | undefined;
}

/** An endpoint that is to be made. */
export interface EndpointCreation extends NamedEndpoint {
  /** What is decided already; the driver decides the rest, if it likes. */
  readonly interface: EndpointInterface;
  /** As Docker has them: `com.docker.network.portmap` and the like. */
  readonly options: JsonObject;
}

/** An endpoint and the container that is to have it. */
export interface EndpointJoin extends NamedEndpoint {
  /** The path of the container's network namespace. */
  readonly sandboxKey: string;
  readonly options: JsonObject;
}

/** An endpoint whose ports are to be reached from elsewhere. */
export interface ExternalConnectivity extends NamedEndpoint {
  readonly options: JsonObject;
}

/** A host of the cluster that came or went. */
export interface DiscoveredNode {
  readonly discoveryType: "node";
  readonly discoveryData: {
    readonly address: string;
    readonly bindAddress?: string | undefined;
    /** Whether it is this one. */
    readonly self: boolean;
  };
}

/** What each method is asked besides the {@link RequestHeader}. */
export interface NetdriverInputs {
  // deno-lint-ignore ban-types
  readonly getCapabilities: {};
  readonly allocateNetwork: NetworkAllocation;
  readonly freeNetwork: NamedNetwork;
  readonly gwAllocCheck: { readonly options: JsonObject };
  readonly createNetwork: NetworkCreation;
  readonly deleteNetwork: NamedNetwork;
  readonly createEndpoint: EndpointCreation;
  readonly endpointOperInfo: NamedEndpoint;
  readonly deleteEndpoint: NamedEndpoint;
  readonly join: EndpointJoin;
  readonly leave: NamedEndpoint;
  readonly programExternalConnectivity: ExternalConnectivity;
  readonly revokeExternalConnectivity: NamedEndpoint;
  readonly discoverNew: DiscoveredNode;
  readonly discoverDelete: DiscoveredNode;
}

/** The methods of Docker's NetworkDriver. */
export type NetdriverMethod = keyof NetdriverInputs;

/** What a guest is asked through `netdriver_<method in snake case>`, as canonical JSON. */
export type NetdriverRequest<Method extends NetdriverMethod = NetdriverMethod> =
  & RequestHeader<"netdriver">
  & NetdriverInputs[Method];

/** What a driver's networks are. */
export interface NetdriverCapabilities {
  /** `global`: a network that one host makes is there on all of them. */
  readonly scope: "local" | "global";
  /** How far its endpoints reach each other; where it is not said, as far as `scope`. */
  readonly connectivityScope?: "local" | "global" | undefined;
  /** Whether it wants to be asked by `gwAllocCheck`. */
  readonly gwAllocChecker?: boolean | undefined;
}

/** Which gateways a network does without; what is not said is false. */
export interface GatewayAllocation {
  readonly skipIpv4?: boolean | undefined;
  readonly skipIpv6?: boolean | undefined;
}

/** A route of a container. */
export type StaticRoute =
  | {
    /** A whole network: `10.2.0.0/16`. */
    readonly destination: string;
    readonly routeType: "nexthop";
    /** Of the same family, without a prefix length. */
    readonly nextHop: string;
  }
  | { readonly destination: string; readonly routeType: "connected" };

/** What a container gets when it joins. */
export interface JoinedEndpoint {
  /** The interface of the host that Docker moves into the container; left out, there is none. */
  readonly interfaceName?: {
    readonly srcName: string;
    /** Docker adds a number: `eth` becomes `eth0`. */
    readonly dstPrefix: string;
  } | undefined;
  /** Without a prefix length. */
  readonly gateway?: string | undefined;
  readonly gatewayIpv6?: string | undefined;
  readonly staticRoutes?: readonly StaticRoute[] | undefined;
  /**
   * Docker makes no gateway of its own: else a container whose driver names no gateway gets a second
   * interface, on Docker's own bridge.
   */
  readonly disableGatewayService?: boolean | undefined;
}

/** What each method answers when it did what it was asked. */
export interface NetdriverAnswers {
  readonly getCapabilities: NetdriverCapabilities;
  /** Options that every host that makes the network is given. */
  readonly allocateNetwork: { readonly options: Readonly<Record<string, string>> };
  readonly freeNetwork: Done;
  readonly gwAllocCheck: GatewayAllocation;
  readonly createNetwork: Done;
  readonly deleteNetwork: Done;
  /** What was decided of what was open; left out, nothing was. */
  readonly createEndpoint: { readonly interface?: EndpointInterface | undefined };
  /** What the driver has to say of it, for people. */
  readonly endpointOperInfo: { readonly value: JsonObject };
  readonly deleteEndpoint: Done;
  readonly join: JoinedEndpoint;
  readonly leave: Done;
  readonly programExternalConnectivity: Done;
  readonly revokeExternalConnectivity: Done;
  readonly discoverNew: Done;
  readonly discoverDelete: Done;
}

/** What a guest answers to `netdriver_<method in snake case>`. */
export type NetdriverAnswer<Method extends NetdriverMethod = NetdriverMethod> =
  | NetdriverAnswers[Method]
  | DriverFault;
