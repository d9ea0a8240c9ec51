import type { IpamAnswer, IpamAnswers, IpamMethod } from "../contract/ipam.ts";
import type { Structure } from "../document/recognise/docker-schema.ts";
import type { Plugin } from "../host/plugin.ts";
import type { DockerInterface, DockerMethod } from "./interface.ts";
import { answered } from "./status.ts";
import { given } from "./wire.ts";

const SHAPE: Structure = {
  fields: {
    AddressSpace: null,
    Pool: null,
    SubPool: null,
    Options: null,
    V6: null,
    PoolID: null,
    Address: null,
  },
};

/**
 * Docker's IpamDriver.
 *
 * @see moby, daemon/libnetwork/ipams/remote
 */
export function ipamDriver({ ipam }: Pick<Plugin, "ipam">): DockerInterface {
  const done = <Method extends IpamMethod>(answer: IpamAnswer<Method>) =>
    answered<IpamAnswers[Method]>(answer);
  const method = (call: DockerMethod["call"]): DockerMethod => ({ shape: SHAPE, call });
  const bare = (call: DockerMethod["call"]): DockerMethod => ({
    shape: SHAPE,
    mayBeEmpty: true,
    call,
  });
  return {
    name: "IpamDriver",
    methods: {
      "IpamDriver.GetCapabilities": bare(async (_, options) => {
        const { requiresMacAddress = false, requiresRequestReplay = false } = done(
          await ipam.getCapabilities(options),
        );
        return {
          RequiresMACAddress: requiresMacAddress,
          RequiresRequestReplay: requiresRequestReplay,
        };
      }),
      "IpamDriver.GetDefaultAddressSpaces": bare(async (_, options) => {
        const spaces = done(await ipam.getDefaultAddressSpaces(options));
        return {
          LocalDefaultAddressSpace: spaces.localDefaultAddressSpace,
          GlobalDefaultAddressSpace: spaces.globalDefaultAddressSpace,
        };
      }),
      "IpamDriver.RequestPool": method(async (request, options) => {
        const { poolId, pool, data = {} } = done(
          await ipam.requestPool({
            addressSpace: request.text("AddressSpace"),
            ...given({ pool: request.text("Pool"), subPool: request.text("SubPool") }),
            options: request.texts("Options"),
            v6: request.flag("V6"),
          }, options),
        );
        return { PoolID: poolId, Pool: pool, Data: { ...data } };
      }),
      "IpamDriver.ReleasePool": method(async (request, options) => {
        done(await ipam.releasePool({ poolId: request.text("PoolID") }, options));
        return {};
      }),
      "IpamDriver.RequestAddress": method(async (request, options) => {
        const { address, data = {} } = done(
          await ipam.requestAddress({
            poolId: request.text("PoolID"),
            ...given({ address: request.text("Address") }),
            options: request.texts("Options"),
          }, options),
        );
        return { Address: address, Data: { ...data } };
      }),
      "IpamDriver.ReleaseAddress": method(async (request, options) => {
        const poolId = request.text("PoolID");
        done(await ipam.releaseAddress({ poolId, address: request.text("Address") }, options));
        return {};
      }),
    },
  };
}
