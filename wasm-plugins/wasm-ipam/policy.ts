import {
  CniError,
  type CniRoute,
  type JsonObject,
  type JsonValue,
  network,
  type NetworkQuestion,
  type SettingsFault,
} from "cofferdam/guest";
import { readNetwork, writeIp } from "../shared/address.ts";
import { isObject } from "../shared/json.ts";
import { quoteJson } from "../shared/quote.ts";
import { readWanted } from "../shared/wanted.ts";
import { allocate } from "./allocate.ts";
import { type RangeSet, readRangeSets, showSet } from "./range.ts";
import { attachmentOf, Store, withState } from "./store.ts";

/** What the schema in plugin.json allows. */
interface Settings {
  readonly within?: readonly string[];
}

/** What one GC removes, in attachments; a runtime asks again where there are more. */
const MAX_REMOVED = 300;

export default network<Settings>({
  add(request, { state }) {
    const { config, args, runtimeConfig } = request;
    const ipam = ipamOf(config as JsonObject);
    const sets = setsOf(request, ipam, runtimeConfig?.["ipRanges"]);
    const wanted = readWanted({ args, config: config as JsonObject, runtimeConfig });
    const routes = routesOf(ipam);
    const store = new Store(state, config.name);
    const given = withState(() => allocate(store, request, { sets, wanted }));
    return {
      cniVersion: "1.1.0",
      ips: given.map(({ family, value, range: { length, gateway } }) => ({
        address: `${writeIp({ family, value })}/${length}`,
        gateway: writeIp({ family, value: gateway }),
      })),
      ...(routes.length === 0 ? {} : { routes }),
    };
  },

  // Whatever the configuration says by now: what is held is given back.
  del(request, { state }) {
    withState(() => new Store(state, request.config.name).release(request));
  },

  check(request, { state }) {
    const { config, containerId, ifname } = request;
    if (withState(() => new Store(state, config.name).holds(request))) return;
    throw new CniError(3, `${containerId} has no address for ${ifname}`);
  },

  status(request, { state }) {
    const { config } = request;
    const sets = setsOf(request, ipamOf(config as JsonObject), undefined);
    const store = new Store(state, config.name);
    const full = withState(() => sets.find((set) => isUsedUp(store, set)));
    if (full === undefined) return;
    throw new CniError(50, `no IP addresses available in range set: ${showSet(full)}`);
  },

  gc({ config, validAttachments }, { state }) {
    // Nothing said is not that nothing is valid.
    if (validAttachments === undefined) return;
    const store = new Store(state, config.name);
    const valid = new Set(
      validAttachments.map(({ containerID, ifname }) => `${containerID}/${ifname}`),
    );
    withState(() => removeStale(store, valid));
  },
}, { validateSettings });

/**
 * Gives back what attachments hold that are not valid. Whatever their number, it comes to an end: it looks
 * at no more of them than the runtime listed and one GC removes.
 *
 * @throws {CniError} 11 where there are more
 */
function removeStale(store: Store, valid: ReadonlySet<string>): void {
  let removed = 0;
  for (const owner of store.owners()) {
    if (valid.has(owner)) continue;
    if (removed === MAX_REMOVED) {
      throw new CniError(11, "there are more containers that have addresses to be given back");
    }
    store.release(attachmentOf(owner));
    removed++;
  }
}

function ipamOf(config: JsonObject): JsonObject {
  const ipam = config["ipam"];
  if (!isObject(ipam)) throw new CniError(7, 'the configuration has no "ipam"');
  // What host-local keeps or reads in files of the host's.
  for (const key of ["dataDir", "resolvConf"]) {
    const value = ipam[key];
    if (value === undefined || value === null || value === "") continue;
    throw new CniError(
      2,
      `unsupported field "${key}": ${quoteJson(value)}`,
      "this plugin has no files",
    );
  }
  return ipam;
}

function setsOf(
  { settings }: Pick<NetworkQuestion<"status", Settings>, "settings">,
  ipam: JsonObject,
  wanted: JsonValue | undefined,
): RangeSet[] {
  return readRangeSets(ipam, wanted, settings.within?.map((text) => readNetwork(text)!));
}

/** What can be allowed; a plugin with other settings does not load. */
function validateSettings({ within = [] }: Settings): SettingsFault[] {
  return within.flatMap((text, at) =>
    readNetwork(text) === undefined
      ? [{ path: `/within/${at}`, message: `${quoteJson(text)} is no subnet` }]
      : []
  );
}

/** As they stand; the host looks at their form. */
function routesOf({ routes = [] }: JsonObject): CniRoute[] {
  if (routes === null) return [];
  if (Array.isArray(routes) && routes.every(isObject)) return routes as unknown as CniRoute[];
  throw new CniError(7, 'invalid IPAM configuration: "routes" is no list of routes');
}

function isUsedUp(store: Store, set: RangeSet): boolean {
  return set.every(({ family, first, last, gateway }) => {
    const size = last - first + 1n - (first <= gateway && gateway <= last ? 1n : 0n);
    let count = 0n;
    for (const value of store.taken(family, first)) {
      if (value > last) break;
      if (++count >= size) return true;
    }
    return count >= size;
  });
}
