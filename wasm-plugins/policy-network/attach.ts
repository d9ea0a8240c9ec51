import {
  CapabilityError,
  CniError,
  type Host,
  type JsonObject,
  type JsonValue,
} from "cofferdam/guest";
import { readNetwork } from "../shared/address.ts";
import { BRIDGE, CODE, HOST_LOCAL, type NetworkSettings } from "./settings.ts";

/** An interface of a container. */
export interface Place {
  readonly containerId: string;
  readonly ifname: string;
}

/** What a native plugin is told of a container. */
export interface Attached extends Place {
  readonly netns: string;
  readonly args: string;
}

/** Of what the runtime wants, what native plugins that attach understand; it was judged. */
const HANDED_ON = ["ips", "mac"];

/** The configuration of the native plugin, as far as it is the same for all containers. */
export function networkConfig(
  { name, cniVersion }: { readonly name: string; readonly cniVersion?: string | undefined },
  { delegate = BRIDGE, ipam = HOST_LOCAL, subnets }: NetworkSettings,
): JsonObject {
  return {
    ...delegate,
    ...(cniVersion === undefined ? {} : { cniVersion }),
    name,
    ipam: {
      routes: defaultRoutes(subnets),
      ...ipam,
      // One set for each family, so that a container gets one address of each.
      ranges: [4, 6].map((family) => subnets.filter((one) => readNetwork(one)?.family === family))
        .filter((set) => set.length > 0).map((set) => set.map((subnet) => ({ subnet }))),
    },
  };
}

function defaultRoutes(subnets: readonly string[]): JsonValue {
  const has = (family: number) => subnets.some((one) => readNetwork(one)?.family === family);
  return [...(has(4) ? [{ dst: "0.0.0.0/0" }] : []), ...(has(6) ? [{ dst: "::/0" }] : [])];
}

/** The same with what the runtime wants for one container. */
export function containerConfig(config: JsonObject, runtimeConfig: JsonObject = {}): JsonObject {
  const handed = Object.entries(runtimeConfig).filter(([key]) => HANDED_ON.includes(key));
  return handed.length === 0 ? config : { ...config, runtimeConfig: Object.fromEntries(handed) };
}

/** What was said when a container joined: all that it takes to have it leave. */
export interface Joined extends Pick<Attached, "netns" | "args"> {
  /** What the native plugin was told. */
  readonly config: JsonObject;
  /** What it gave; absent where the container was not seen to join. */
  readonly result?: JsonValue | undefined;
}

/** Containers that joined a network, until they have left. */
export class Attachments {
  readonly #state: Host["state"];
  readonly #prefix: string;

  constructor({ state }: Host, network: string) {
    this.#state = state;
    this.#prefix = `d/${network}/`;
  }

  put(attached: Attached, config: JsonObject, result?: JsonValue): void {
    const { netns, args } = attached;
    const joined: Joined = { netns, args, config, ...(result === undefined ? {} : { result }) };
    this.#state.put(this.#key(attached), JSON.stringify(joined));
  }

  get(place: Place): Joined | undefined {
    const text = this.#state.get(this.#key(place));
    return text === null ? undefined : JSON.parse(text) as Joined;
  }

  remove(attached: Place): void {
    this.#state.delete(this.#key(attached));
  }

  /** All of the network. */
  *all(): Generator<Place> {
    let after: string | undefined;
    do {
      const page = this.#state.list({ prefix: this.#prefix, ...(after && { after }) });
      for (const key of page.keys) {
        const [containerId = "", ifname = ""] = key.slice(this.#prefix.length).split("/");
        yield { containerId, ifname };
      }
      after = page.next;
    } while (after !== undefined);
  }

  #key({ containerId, ifname }: Place): string {
    return `${this.#prefix}${containerId}/${ifname}`;
  }
}

/**
 * Asks the host; what a native plugin says of itself reaches the runtime as it is.
 *
 * @throws {CniError} 110; 11 where it took too long, or too many ask
 */
export function ask<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CapabilityError) || error.cni !== undefined) throw error;
    const isBusy = ["capability.timeout", "capability.limit"].includes(error.code);
    throw new CniError(isBusy ? 11 : CODE.delegateFailed, error.message, error.code);
  }
}

/** The configuration with what came of the one before, if anything did. */
export function withPrevious(config: JsonObject, prevResult: JsonValue | undefined): JsonObject {
  return prevResult === undefined || prevResult === null ? config : { ...config, prevResult };
}

/** What a native plugin needs to be asked about a container. */
export function requestOf(config: JsonObject, { containerId, netns, ifname, args }: Attached) {
  return { type: String(config["type"]), config, containerId, netns, ifname, args };
}
