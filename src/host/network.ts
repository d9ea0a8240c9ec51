import {
  type AttachmentInput,
  type DetachmentInput,
  NETWORK_METHODS,
  type NetworkAnswer,
  type NetworkInput,
  type NetworkInputs,
  type NetworkMethod,
  type NetworkRequest,
  networkRequest,
  readNetworkAnswer,
} from "../contract/network.ts";
import { ask, type AskedGuest, type AskOptions, type Question } from "./ask.ts";

/**
 * The network contract of a loaded plugin, with the verbs of CNI. That the plugin could not do it is an
 * answer, `{code, msg, details?}`; `check`, `status` and `gc` succeed where it does not have them.
 *
 * @throws {PluginError} Each of them: `contract.*`, `sandbox.*`, `usage.invalid`, `call.aborted`
 */
export interface NetworkPlugin {
  /** @returns A result in the version of the configuration. */
  add(input: AttachmentInput, options?: AskOptions): Promise<NetworkAnswer<"add">>;
  del(input: DetachmentInput, options?: AskOptions): Promise<NetworkAnswer<"del">>;
  check(input: AttachmentInput, options?: AskOptions): Promise<NetworkAnswer<"check">>;
  status(input: NetworkInput, options?: AskOptions): Promise<NetworkAnswer<"status">>;
  gc(input: NetworkInput, options?: AskOptions): Promise<NetworkAnswer<"gc">>;
}

/** The network contract of `guest`; asked of a plugin without it, each method is rejected. */
export function networkOf(guest: AskedGuest): NetworkPlugin {
  const method = <Method extends NetworkMethod>(name: Method) => {
    return (input: NetworkInputs[Method], options?: AskOptions): Promise<NetworkAnswer<Method>> =>
      ask(guest, {
        contract: "network",
        method: NETWORK_METHODS[name],
        netns: "netns" in input ? input.netns : undefined,
        request: (header) => networkRequest(name, input, header),
        read: (request, output) => readNetworkAnswer(name, request, output),
      } as Question<NetworkRequest<Method>, NetworkAnswer<Method>>, options);
  };
  return {
    add: method("add"),
    del: method("del"),
    check: method("check"),
    status: method("status"),
    gc: method("gc"),
  };
}
