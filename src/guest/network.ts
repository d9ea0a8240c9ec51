import type { CniFault } from "../contract/cni-fault.ts";
import type { CniResult } from "../contract/cni-result.ts";
import type { NetworkMethod, NetworkRequest } from "../contract/network.ts";
import type { JsonValue } from "../json.ts";
import { entriesOf } from "./answer-of.ts";
import { CapabilityError } from "./capability-error.ts";
import type { Host } from "./host.ts";
import type { GuestPlugin } from "./plugin.ts";
import { type PluginOptions, settingsExports } from "./settings.ts";

/** A question of one method, with the settings that the manifest's schema describes. */
export type NetworkQuestion<Method extends NetworkMethod, Settings = JsonValue> =
  & Omit<NetworkRequest<Method>, "settings">
  & { readonly settings: Settings };

type Answer<Value> = Value | Promise<Value>;

/**
 * A network plugin, with the verbs of CNI. Throw a {@link CniError} for what you cannot do: its words
 * are what the runtime shows. What a delegate refuses, the runtime is told as if it had asked the
 * delegate itself, unless you catch it. Methods are called one after the other, unless `plugin.json` says
 * `"concurrency": "parallel"`.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 * @see CNI SPEC 1.1.0, section 2
 */
export interface NetworkPlugin<Settings = JsonValue> {
  /**
   * Attaches a container to the network.
   *
   * @returns The result, in any version of the specification: the runtime gets it in the version of
   *   `request.config`. A chained plugin hands on `request.prevResult`, changed or not.
   */
  add(request: NetworkQuestion<"add", Settings>, host: Host): Answer<CniResult>;
  /** Undoes `add`. What is gone already is no error: a runtime may ask twice, or without an `add`. */
  del(request: NetworkQuestion<"del", Settings>, host: Host): Answer<void>;
  /** Throws where the container is not attached as `request.prevResult` says. */
  check?(request: NetworkQuestion<"check", Settings>, host: Host): Answer<void>;
  /** Throws where `add` could not work now: 50, or 51 where containers have no connection either. */
  status?(request: NetworkQuestion<"status", Settings>, host: Host): Answer<void>;
  /** Removes what belongs to no attachment of `request.validAttachments`. */
  gc?(request: NetworkQuestion<"gc", Settings>, host: Host): Answer<void>;
}

/** What a plugin cannot do. Thrown, it becomes the answer; any other error ends the call as a fault. */
export class CniError extends Error {
  override readonly name = "CniError";
  /** 1 to 99 have a meaning in CNI, those from 100 are the plugin's own. */
  readonly code: number;
  readonly details: string | undefined;

  /**
   * @param message For people: what cannot be done, and why.
   * @throws {RangeError} For a code that CNI does not have.
   */
  constructor(code: number, message: string, details?: string) {
    super(message);
    if (!Number.isInteger(code) || code < 1 || code > 0xffff_ffff) {
      throw new RangeError(`a CNI error has a code from 1 to 4294967295, not ${code}`);
    }
    this.code = code;
    this.details = details;
  }
}

const REQUIRED = ["add", "del"] as const;
const OPTIONAL = ["check", "status", "gc"] as const;

/**
 * Makes a plugin of a network plugin.
 *
 * ```ts
 * import { CniError, network } from "cofferdam/guest";
 * export default network({
 *   add: ({ config, containerId, netns, ifname }, host) => …,
 *   del: (request, host) => …,
 * });
 * ```
 *
 * @throws {TypeError} Where the plugin lacks a method, or has one, or an option, that there is not.
 */
export function network<Settings = JsonValue>(
  plugin: NetworkPlugin<Settings>,
  options: PluginOptions<Settings> = {},
): GuestPlugin {
  const exports = entriesOf(plugin, {
    contract: "network",
    what: "the network plugin",
    required: REQUIRED,
    optional: OPTIONAL,
    faultOf,
  });
  return {
    contract: "network",
    exports: { ...exports, ...settingsExports("network()", options) },
  };
}

/** What a plugin throws on purpose, and what a native one said that it did not catch. */
function faultOf(thrown: unknown): CniFault | undefined {
  if (thrown instanceof CapabilityError) return thrown.cni;
  if (!(thrown instanceof CniError)) return undefined;
  const { code, message: msg, details } = thrown;
  return {
    code,
    msg: msg === "" ? `error ${code}` : msg,
    ...(details === undefined ? {} : { details }),
  };
}
