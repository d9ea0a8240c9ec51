import { DriverError, type IpamQuestion, type State } from "cofferdam/guest";
import {
  bitsOf,
  type Family,
  includes,
  type Network,
  readNetwork,
  whySpecial,
  writeNetwork,
} from "../shared/address.ts";
import { currentEpoch } from "./epoch.ts";
import {
  addPool,
  findPool,
  freeNetwork,
  isSame,
  type Place,
  type Pool,
  removePool,
  updateIndex,
} from "./pool-index.ts";
import { type Settings, type Supernet, supernetsOf } from "./settings.ts";
import { TakenAddresses } from "./taken.ts";

type PoolQuestion = IpamQuestion<"requestPool", Settings>;

/** A pool that a user asks for. */
interface AskedPool {
  readonly network: Network;
  readonly part: Network | undefined;
}

/**
 * Takes the pool that is asked for, or the first that is free.
 *
 * @throws {DriverError} `not-found`, `invalid`, `denied`, `conflict`, `limit`
 */
export function takePool(request: PoolQuestion, place: Place, state: State): Network {
  const supernets = supernetsOf(request.settings, place.space, place.family);
  const length = readLength(request);
  const asked = readAsked(request, place.family);
  if (asked === undefined) return takeFree(supernets, length, place, state, request.settings);
  const isWithin = supernets.some(({ network }) => includes(network, asked.network));
  if (request.settings.onlySupernets === true && !isWithin) {
    throw new DriverError(
      "denied",
      `cannot take the pool ${writeNetwork(asked.network)}: it is in no supernet of the address ` +
        `space "${place.space}", and the operator allows no other`,
    );
  }
  takeAsked(asked, place, state, request.settings);
  return asked.network;
}

function takeAsked(asked: AskedPool, place: Place, state: State, settings: Settings): void {
  const epoch = currentEpoch(settings, state);
  let old: Pool | undefined;
  updateIndex(state, place, (index) => {
    const same = findPool(index, asked.network);
    const isReplayed = same !== undefined && same.epoch < epoch && isSame(same.part, asked.part);
    old = isReplayed ? same : undefined;
    return addPool(
      isReplayed ? removePool(index, same.network) : index,
      { ...asked, epoch },
      place,
    );
  });
  // A daemon that asks again for a pool asks again for each address of it that is in use.
  if (old !== undefined) new TakenAddresses(state, place, old).forget();
}

function takeFree(
  supernets: readonly Supernet[],
  length: number | undefined,
  place: Place,
  state: State,
  settings: Settings,
): Network {
  const epoch = currentEpoch(settings, state);
  let taken: Network | undefined;
  updateIndex(state, place, (index) => {
    taken = undefined;
    for (const { network, prefixLength } of supernets) {
      const wanted = { network, prefixLength: length ?? prefixLength };
      if (wanted.prefixLength < network.length) continue;
      taken ??= freeNetwork(index, wanted);
    }
    if (taken !== undefined) {
      return addPool(index, { network: taken, part: undefined, epoch }, place);
    }
    const what = length === undefined ? "pool" : `pool of prefix length ${length}`;
    throw new DriverError(
      "limit",
      `the address space "${place.space}" has no free ${what} of IPv${place.family}: ` +
        (supernets.length === 0
          ? "no supernet of that family is configured"
          : `looked in ${supernets.map(({ network }) => writeNetwork(network)).join(", ")}`),
    );
  });
  return taken!;
}

function readAsked({ pool, subPool }: PoolQuestion, family: Family): AskedPool | undefined {
  const invalid = (why: string) => new DriverError("invalid", `cannot take a pool: ${why}`);
  const read = (what: string, text: string): Network => {
    const network = readNetwork(text);
    if (network?.family === family) return network;
    throw invalid(`the ${what} "${text}" is no network of IPv${family}`);
  };
  if (pool === undefined) {
    if (subPool === undefined) return undefined;
    throw invalid(`the range ${subPool} needs a subnet that it is in`);
  }
  const network = read("subnet", pool);
  const special = whySpecial(network);
  if (special !== undefined) throw invalid(`the subnet ${writeNetwork(network)} ${special}`);
  const part = subPool === undefined ? undefined : read("range", subPool);
  if (part === undefined || includes(network, part)) return { network, part };
  throw invalid(`the range ${writeNetwork(part)} is not in the subnet ${writeNetwork(network)}`);
}

/** `docker network create --ipam-opt prefixLength=26`; Docker's own options begin with its name. */
function readLength({ options, pool, v6 }: PoolQuestion): number | undefined {
  const invalid = (why: string) => new DriverError("invalid", `cannot take a pool: ${why}`);
  const unknown = Object.keys(options).find((name) =>
    name !== "prefixLength" && !name.startsWith("com.docker.")
  );
  if (unknown !== undefined) {
    throw invalid(`there is no option "${unknown}"; there is "prefixLength"`);
  }
  const text = options["prefixLength"];
  if (text === undefined) return undefined;
  if (pool !== undefined) throw invalid(`"prefixLength" is for pools without a subnet`);
  const most = bitsOf(v6 ? 6 : 4);
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= most) return Number(text);
  throw invalid(`the option prefixLength is "${text}"; wanted 1 to ${most}`);
}
