import type { JsonValue } from "../json.ts";
import type {
  MountedVolume,
  Volume,
  VolumeMethod,
  VolumePlace,
  VolumeRequest,
} from "../contract/volume.ts";
import { entriesOf } from "./answer-of.ts";
import { driverFaultOf } from "./driver-error.ts";
import type { Host } from "./host.ts";
import type { GuestPlugin } from "./plugin.ts";
import { type PluginOptions, settingsExports } from "./settings.ts";

/** A question of one method, with the settings that the manifest's schema describes. */
export type VolumeQuestion<Method extends VolumeMethod, Settings = JsonValue> =
  & Omit<VolumeRequest<Method>, "settings">
  & { readonly settings: Settings };

type Answer<Value> = Value | Promise<Value>;

/**
 * A volume driver. Throw a {@link DriverError} for what you cannot do: its message is what Docker shows.
 * Methods are called one after the other, unless `plugin.json` says `"concurrency": "parallel"`.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 */
export interface VolumeDriver<Settings = JsonValue> {
  /** Makes a volume. Asked again with the same options, it succeeds and changes nothing. */
  create(request: VolumeQuestion<"create", Settings>, host: Host): Answer<void>;
  /** Removes a volume and what is in it. */
  remove(request: VolumeQuestion<"remove", Settings>, host: Host): Answer<void>;
  /** Says where a volume is, without mounting it. */
  path(request: VolumeQuestion<"path", Settings>, host: Host): Answer<VolumePlace>;
  /**
   * Makes a volume ready for one container more, and says where it is. Called for each container:
   * count by `request.id` what still needs it.
   */
  mount(request: VolumeQuestion<"mount", Settings>, host: Host): Answer<MountedVolume>;
  /** A container with the `id` of an earlier mount does not need the volume any more. */
  unmount(request: VolumeQuestion<"unmount", Settings>, host: Host): Answer<void>;
  /** Describes a volume; throws `not-found` where there is none. */
  get(request: VolumeQuestion<"get", Settings>, host: Host): Answer<{ readonly volume: Volume }>;
  /** Describes all volumes. What is not in it, Docker takes to be gone. */
  list(
    request: VolumeQuestion<"list", Settings>,
    host: Host,
  ): Answer<{ readonly volumes: readonly Volume[] }>;
  /** Left out, volumes are of one host: `{ scope: "local" }`. */
  capabilities?(
    request: VolumeQuestion<"capabilities", Settings>,
    host: Host,
  ): Answer<{ readonly scope: "local" | "global" }>;
}

const REQUIRED = ["create", "remove", "path", "mount", "unmount", "get", "list"] as const;
const OPTIONAL = ["capabilities"] as const;

/**
 * Makes a plugin of a volume driver.
 *
 * ```ts
 * import { DriverError, volume } from "cofferdam/guest";
 * export default volume({
 *   create: ({ name }, host) => void host.directory.create(name),
 *   …
 * });
 * ```
 *
 * @throws {TypeError} Where the driver lacks a method, or has one, or an option, that there is not.
 */
export function volume<Settings = JsonValue>(
  driver: VolumeDriver<Settings>,
  options: PluginOptions<Settings> = {},
): GuestPlugin {
  const exports = entriesOf(driver, {
    contract: "volume",
    what: "the volume driver",
    required: REQUIRED,
    optional: OPTIONAL,
    faultOf: driverFaultOf,
  });
  return {
    contract: "volume",
    exports: { ...exports, ...settingsExports("volume()", options) },
  };
}
