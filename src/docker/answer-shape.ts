import { fields, type Shape, type Structure } from "../document/recognise/docker-schema.ts";

const VOLUME = fields("Name Mountpoint CreatedAt Status");

/**
 * What plugins answer, by the interface that a method belongs to: the fields of all its methods together.
 *
 * @see moby, daemon/volume/drivers/proxy.go; libnetwork/drivers/remote/api; libnetwork/ipams/remote/api;
 * pkg/authorization/api.go; daemon/logger/proxy.go
 */
const SHAPES: Readonly<Record<string, Structure>> = {
  Plugin: fields("Implements"),
  VolumeDriver: fields("Err Mountpoint", {
    Volume: VOLUME,
    Volumes: { items: VOLUME },
    Capabilities: fields("Scope"),
  }),
  NetworkDriver: fields(
    "Err Scope ConnectivityScope GwAllocChecker Options SkipIPv4 SkipIPv6 Value Gateway GatewayIPv6 " +
      "DisableGatewayService",
    {
      Interface: fields("Address AddressIPv6 MacAddress"),
      InterfaceName: fields("SrcName DstName DstPrefix"),
      StaticRoutes: { items: fields("Destination RouteType NextHop") },
    },
  ),
  IpamDriver: fields(
    "Err Error RequiresMACAddress RequiresRequestReplay LocalDefaultAddressSpace " +
      "GlobalDefaultAddressSpace PoolID Pool Address Data",
  ),
  AuthZPlugin: fields("Allow Msg Err"),
  LogDriver: fields("Err", { Cap: fields("ReadLogs") }),
};

/**
 * The shape of a method's answers.
 *
 * @param own More fields, of an interface that is not Docker's. `Err` is one of each.
 */
export function answerShape(method: string, own: readonly string[] = []): Shape {
  const service = /^\/?(\w+)\./.exec(method)?.[1] ?? "";
  const known = Object.hasOwn(SHAPES, service) ? SHAPES[service]! : ERR_ALONE;
  return own.length === 0
    ? known
    : { fields: { ...fields(own.join(" ")).fields, ...known.fields } };
}

const ERR_ALONE: Structure = fields("Err");
