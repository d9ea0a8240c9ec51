import { DriverError, ipam, type State } from "cofferdam/guest";
import { type Ip, readIp, writeIp, writeNetwork } from "../shared/address.ts";
import { nextEpoch } from "./epoch.ts";
import {
  findPool,
  type Place,
  type Pool,
  poolIdOf,
  readIndex,
  readPoolId,
  removePool,
  updateIndex,
} from "./pool-index.ts";
import { defaultSpaces, type Settings, settingsFaults } from "./settings.ts";
import { takePool } from "./take-pool.ts";
import { sweep, TakenAddresses } from "./taken.ts";

export default ipam<Settings>({
  /** Docker asks this when it starts. */
  getCapabilities({ settings }, host) {
    sweep(host.state);
    const { replay = false } = settings;
    if (replay) nextEpoch(host.state);
    return { requiresRequestReplay: replay };
  },

  getDefaultAddressSpaces({ settings }) {
    const { local, global } = defaultSpaces(settings);
    return { localDefaultAddressSpace: local, globalDefaultAddressSpace: global };
  },

  requestPool(request, host) {
    const place: Place = { space: request.addressSpace, family: request.v6 ? 6 : 4 };
    const network = takePool(request, place, host.state);
    return { poolId: poolIdOf(place, network), pool: writeNetwork(network) };
  },

  releasePool({ poolId }, host) {
    const named = readPoolId(poolId);
    if (named === undefined) return;
    let gone: Pool | undefined;
    updateIndex(host.state, named, (index) => {
      gone = findPool(index, named.network);
      return removePool(index, named.network);
    });
    if (gone !== undefined) new TakenAddresses(host.state, named, gone).forget();
  },

  requestAddress({ poolId, address }, host) {
    const found = find(host.state, poolId);
    if (found === undefined) {
      throw new DriverError("not-found", `cannot take an address: there is no pool "${poolId}"`);
    }
    const taken = new TakenAddresses(host.state, found.place, found.pool);
    const ip = address === undefined ? taken.takeAny() : readAddress(address);
    if (address !== undefined) taken.take(ip);
    return { address: `${writeIp(ip)}/${found.pool.network.length}` };
  },

  releaseAddress({ poolId, address }, host) {
    const found = find(host.state, poolId);
    if (found === undefined) return;
    new TakenAddresses(host.state, found.place, found.pool).giveBack(readAddress(address));
  },
}, { validateSettings: settingsFaults });

function find(
  state: State,
  poolId: string,
): { readonly place: Place; readonly pool: Pool } | undefined {
  const named = readPoolId(poolId);
  if (named === undefined) return undefined;
  const { network, ...place } = named;
  const pool = findPool(readIndex(state, place), network);
  return pool && { place, pool };
}

function readAddress(text: string): Ip {
  const ip = readIp(text);
  if (ip !== undefined) return ip;
  throw new DriverError("invalid", `"${text}" is no address`);
}
