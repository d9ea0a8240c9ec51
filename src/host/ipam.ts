import {
  type AddressRelease,
  type AddressRequest,
  IPAM_METHODS,
  type IpamAnswer,
  type IpamInputs,
  type IpamMethod,
  type IpamRequest,
  ipamRequest,
  type NamedPool,
  type PoolRequest,
  readIpamAnswer,
} from "../contract/ipam.ts";
import { ask, type AskedGuest, type AskOptions, type Question } from "./ask.ts";

/**
 * The ipam contract of a loaded plugin, with the methods of Docker's IpamDriver. That the driver could
 * not do it is an answer, `{error: {code, message}}`.
 *
 * @throws {PluginError} Each of them: `contract.*`, `sandbox.*`, `usage.invalid`, `call.aborted`
 */
export interface IpamDriver {
  getCapabilities(options?: AskOptions): Promise<IpamAnswer<"getCapabilities">>;
  getDefaultAddressSpaces(options?: AskOptions): Promise<IpamAnswer<"getDefaultAddressSpaces">>;
  requestPool(input: PoolRequest, options?: AskOptions): Promise<IpamAnswer<"requestPool">>;
  releasePool(input: NamedPool, options?: AskOptions): Promise<IpamAnswer<"releasePool">>;
  requestAddress(
    input: AddressRequest,
    options?: AskOptions,
  ): Promise<IpamAnswer<"requestAddress">>;
  releaseAddress(
    input: AddressRelease,
    options?: AskOptions,
  ): Promise<IpamAnswer<"releaseAddress">>;
}

/** The ipam contract of `guest`; asked of a plugin without it, each method is rejected. */
export function ipamOf(guest: AskedGuest): IpamDriver {
  const method = <Method extends IpamMethod>(name: Method) => {
    return (input: IpamInputs[Method], options?: AskOptions): Promise<IpamAnswer<Method>> =>
      ask(guest, {
        contract: "ipam",
        method: IPAM_METHODS[name],
        request: (header) => ipamRequest<Method>(input, header),
        read: (request, output) => readIpamAnswer(name, request, output),
      } as Question<IpamRequest<Method>, IpamAnswer<Method>>, options);
  };
  const getCapabilities = method("getCapabilities");
  const getDefaultAddressSpaces = method("getDefaultAddressSpaces");
  return {
    getCapabilities: (options) => getCapabilities({}, options),
    getDefaultAddressSpaces: (options) => getDefaultAddressSpaces({}, options),
    requestPool: method("requestPool"),
    releasePool: method("releasePool"),
    requestAddress: method("requestAddress"),
    releaseAddress: method("releaseAddress"),
  };
}
