import * as v from "valibot";
import { parseAddress } from "../address.ts";
import { byName } from "../by-name.ts";
import { JsonObjectSchema, JsonValueSchema } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { HostPathSchema, line, list } from "./bounded.ts";
import { IfnameSchema } from "./cni-attachment.ts";
import { readDriverAnswer } from "./driver-fault.ts";
import { unusableAnswer } from "./guest-json.ts";
import {
  IpSchema,
  Ipv4CidrSchema,
  Ipv4Schema,
  Ipv6CidrSchema,
  Ipv6Schema,
  MacAddressSchema,
  NetworkSchema,
  StationAddressSchema,
} from "./ip-address.ts";
import { type ContractMethod, DoneSchema, type RequestHeader } from "./method.ts";
import type {
  EndpointCreation,
  EndpointInterface,
  NetdriverAnswer,
  NetdriverAnswers,
  NetdriverInputs,
  NetdriverMethod,
  NetdriverRequest,
  StaticRoute,
} from "./netdriver.ts";

/** The version of the netdriver contract. */
export const NETDRIVER_VERSION = 1;

const header = {
  contract: v.literal("netdriver"),
  version: v.literal(NETDRIVER_VERSION),
  settings: JsonValueSchema,
  now: v.string(),
};
/** Docker's are 64 hexadecimal digits, those of a swarm 25 letters and digits. */
const id = v.pipe(
  v.string(),
  v.maxLength(255),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "Invalid ID"),
);
const optionName = {
  pattern: /^[^\p{Cc}\p{Cs}]{1,255}$/u,
  wanted: "one line of at most 255 characters",
};
const options = JsonObjectSchema;
const pairs = byName(optionName, v.pipe(v.string(), v.maxLength(65_536)));
const pools = (address: v.GenericSchema<unknown, string>) =>
  list(
    v.strictObject({
      addressSpace: v.union([v.literal(""), line(255)]),
      pool: address,
      gateway: v.exactOptional(address),
      auxAddresses: v.exactOptional(byName(optionName, address)),
    }),
    LIMITS.resultItems,
  );
const network = { ...header, networkId: id };
const data = { ipv4Data: pools(Ipv4CidrSchema), ipv6Data: pools(Ipv6CidrSchema) };
const endpoint = { ...network, endpointId: id };
const ends = (macAddress: v.GenericSchema<unknown, string>) =>
  v.strictObject({
    address: v.exactOptional(Ipv4CidrSchema),
    addressIpv6: v.exactOptional(Ipv6CidrSchema),
    macAddress: v.exactOptional(macAddress),
  });
const connectivity = v.strictObject({ ...endpoint, options });
const namedEndpoint = v.strictObject(endpoint);
const node = v.strictObject({
  ...header,
  discoveryType: v.literal("node"),
  discoveryData: v.strictObject({
    address: v.union([v.literal(""), line(255)]),
    bindAddress: v.exactOptional(v.union([v.literal(""), line(255)])),
    self: v.boolean(),
  }),
});
const scope = v.picklist(["local", "global"]);
const route: v.GenericSchema<unknown, StaticRoute> = v.variant("routeType", [
  v.pipe(
    v.strictObject({
      destination: NetworkSchema,
      routeType: v.literal("nexthop"),
      nextHop: IpSchema,
    }),
    v.check(
      ({ destination, nextHop }) =>
        parseAddress(destination)!.family === parseAddress(nextHop)!.family,
      "Invalid route: its next hop is of the other family",
    ),
  ),
  v.strictObject({ destination: NetworkSchema, routeType: v.literal("connected") }),
]);
/** A number must fit behind it. */
const prefix = v.pipe(IfnameSchema, v.maxBytes(14, "Invalid prefix: it has more than 14 bytes"));

/** Every method of the contract, by its name. A driver may leave out what has an answer here. */
export const NETDRIVER_METHODS: {
  readonly [Method in NetdriverMethod]: ContractMethod<
    NetdriverRequest<Method>,
    NetdriverAnswers[Method]
  >;
} = {
  getCapabilities: {
    entry: "netdriver_get_capabilities",
    request: v.strictObject(header),
    answer: v.strictObject({
      scope,
      connectivityScope: v.exactOptional(scope),
      gwAllocChecker: v.exactOptional(v.boolean()),
    }),
  },
  allocateNetwork: {
    entry: "netdriver_allocate_network",
    absent: { options: {} },
    request: v.strictObject({ ...network, options: pairs, ...data }),
    answer: v.strictObject({ options: pairs }),
  },
  freeNetwork: {
    entry: "netdriver_free_network",
    absent: {},
    request: v.strictObject(network),
    answer: DoneSchema,
  },
  gwAllocCheck: {
    entry: "netdriver_gw_alloc_check",
    absent: {},
    request: v.strictObject({ ...header, options }),
    answer: v.strictObject({
      skipIpv4: v.exactOptional(v.boolean()),
      skipIpv6: v.exactOptional(v.boolean()),
    }),
  },
  createNetwork: {
    entry: "netdriver_create_network",
    request: v.strictObject({ ...network, options, ...data }),
    answer: DoneSchema,
  },
  deleteNetwork: {
    entry: "netdriver_delete_network",
    request: v.strictObject(network),
    answer: DoneSchema,
  },
  createEndpoint: {
    entry: "netdriver_create_endpoint",
    request: v.strictObject({ ...endpoint, interface: ends(MacAddressSchema), options }),
    answer: v.strictObject({ interface: v.exactOptional(ends(StationAddressSchema)) }),
  },
  endpointOperInfo: {
    entry: "netdriver_endpoint_oper_info",
    absent: { value: {} },
    request: namedEndpoint,
    answer: v.strictObject({ value: JsonObjectSchema }),
  },
  deleteEndpoint: {
    entry: "netdriver_delete_endpoint",
    request: namedEndpoint,
    answer: DoneSchema,
  },
  join: {
    entry: "netdriver_join",
    request: v.strictObject({ ...endpoint, sandboxKey: HostPathSchema, options }),
    answer: v.strictObject({
      interfaceName: v.exactOptional(v.strictObject({ srcName: IfnameSchema, dstPrefix: prefix })),
      gateway: v.exactOptional(Ipv4Schema),
      gatewayIpv6: v.exactOptional(Ipv6Schema),
      staticRoutes: v.exactOptional(list(route, LIMITS.resultItems)),
      disableGatewayService: v.exactOptional(v.boolean()),
    }),
  },
  leave: { entry: "netdriver_leave", request: namedEndpoint, answer: DoneSchema },
  // Docker goes on where a driver does not know these.
  programExternalConnectivity: {
    entry: "netdriver_program_external_connectivity",
    absent: {},
    request: connectivity,
    answer: DoneSchema,
  },
  revokeExternalConnectivity: {
    entry: "netdriver_revoke_external_connectivity",
    absent: {},
    request: namedEndpoint,
    answer: DoneSchema,
  },
  discoverNew: {
    entry: "netdriver_discover_new",
    absent: {},
    request: node,
    answer: DoneSchema,
  },
  discoverDelete: {
    entry: "netdriver_discover_delete",
    absent: {},
    request: node,
    answer: DoneSchema,
  },
};

/** Puts the question of one method. */
export function netdriverRequest<Method extends NetdriverMethod>(
  input: NetdriverInputs[Method],
  { settings, now }: Pick<RequestHeader<"netdriver">, "settings" | "now">,
): NetdriverRequest<Method> {
  return { ...input, contract: "netdriver", version: NETDRIVER_VERSION, settings, now };
}

/**
 * Reads a guest's answer. Strict: a field that the host does not know is no answer.
 *
 * @param request What was asked.
 * @throws {PluginError} `contract.output-invalid`, also where an endpoint gets what it had already,
 *   which Docker does not take
 */
export function readNetdriverAnswer<Method extends NetdriverMethod>(
  method: Method,
  request: NetdriverRequest<Method>,
  output: Uint8Array,
): NetdriverAnswer<Method> {
  const { entry, answer } = NETDRIVER_METHODS[method];
  const form = { entry, answer: answer as v.GenericSchema<unknown, NetdriverAnswers[Method]> };
  return readDriverAnswer(form, output, (read) => {
    if (method !== "createEndpoint") return;
    checkInterface(
      (request as EndpointCreation).interface,
      (read as NetdriverAnswers["createEndpoint"]).interface ?? {},
    );
  });
}

function checkInterface(given: EndpointInterface, answered: EndpointInterface): void {
  for (const name of ["address", "addressIpv6", "macAddress"] as const) {
    if (given[name] === undefined || answered[name] === undefined) continue;
    throw unusableAnswer(
      `its "interface.${name}" is ${answered[name]}, and the endpoint has ${given[name]} already`,
    );
  }
}
