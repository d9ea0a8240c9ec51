import {
  type NamedVolume,
  readVolumeAnswer,
  VOLUME_METHODS,
  type VolumeAnswer,
  type VolumeCreation,
  type VolumeInputs,
  type VolumeMethod,
  type VolumeMount,
  volumeRequest,
} from "../contract/volume.ts";
import { ask, type AskedGuest, type AskOptions, type Question } from "./ask.ts";

/**
 * The volume contract of a loaded plugin, with the methods of Docker's VolumeDriver. That the driver
 * could not do it is an answer, `{error: {code, message}}`.
 *
 * @throws {PluginError} Each of them: `contract.*`, `sandbox.*`, `usage.invalid`, `call.aborted`
 */
export interface VolumeDriver {
  create(input: VolumeCreation, options?: AskOptions): Promise<VolumeAnswer<"create">>;
  remove(input: NamedVolume, options?: AskOptions): Promise<VolumeAnswer<"remove">>;
  path(input: NamedVolume, options?: AskOptions): Promise<VolumeAnswer<"path">>;
  mount(input: VolumeMount, options?: AskOptions): Promise<VolumeAnswer<"mount">>;
  unmount(input: VolumeMount, options?: AskOptions): Promise<VolumeAnswer<"unmount">>;
  get(input: NamedVolume, options?: AskOptions): Promise<VolumeAnswer<"get">>;
  list(options?: AskOptions): Promise<VolumeAnswer<"list">>;
  capabilities(options?: AskOptions): Promise<VolumeAnswer<"capabilities">>;
}

/** The volume contract of `guest`; asked of a plugin without it, each method is rejected. */
export function volumeOf(guest: AskedGuest): VolumeDriver {
  const method = <Method extends VolumeMethod>(name: Method) => {
    return (input: VolumeInputs[Method], options?: AskOptions): Promise<VolumeAnswer<Method>> =>
      ask(guest, {
        contract: "volume",
        method: VOLUME_METHODS[name],
        request: (header) => volumeRequest<Method>(input, header),
        read: (request, output) => readVolumeAnswer(name, request, output),
      } as Question<ReturnType<typeof volumeRequest<Method>>, VolumeAnswer<Method>>, options);
  };
  const list = method("list");
  const capabilities = method("capabilities");
  return {
    create: method("create"),
    remove: method("remove"),
    path: method("path"),
    mount: method("mount"),
    unmount: method("unmount"),
    get: method("get"),
    list: (options) => list({}, options),
    capabilities: (options) => capabilities({}, options),
  };
}
