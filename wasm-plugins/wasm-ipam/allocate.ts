import { CniError } from "cofferdam/guest";
import { type Ip, writeIp } from "../shared/address.ts";
import { contains, type Range, type RangeSet, showSet } from "./range.ts";
import type { Attachment, Lease, Store } from "./store.ts";

/** An address that was given, and the range that it is out of. */
export interface Given extends Ip {
  readonly range: Range;
}

/**
 * Gives an attachment an address out of each set; where it gets one of them, it gets all.
 *
 * @param wanted Addresses that the runtime asks for, at most one out of each set; all of them are given.
 * @throws {CniError} 101 where a set is used up, 102 for a wanted address that cannot be had, 103 for an
 *   attachment that has addresses
 */
export function allocate(
  store: Store,
  attachment: Attachment,
  { sets, wanted }: { readonly sets: readonly RangeSet[]; readonly wanted: readonly Ip[] },
): Given[] {
  const choices = sets.map((set) =>
    wanted.find((one) => set.some((range) => contains(range, one)))
  );
  const lost = wanted.find((one) => !choices.includes(one));
  if (lost !== undefined) {
    const message = `the address ${writeIp(lost)} cannot be had`;
    throw new CniError(102, message, `the ranges are ${sets.map(showSet).join("; ")}`);
  }
  const lease = store.open(attachment);
  try {
    return sets.map((set, n) => {
      const choice = choices[n];
      return choice === undefined ? takeNext(store, lease, set, n) : takeWanted(lease, set, choice);
    });
  } catch (error) {
    lease.giveUp();
    throw error;
  }
}

function takeWanted(lease: Lease, set: RangeSet, address: Ip): Given {
  const range = set.find((one) => contains(one, address))!;
  const text = writeIp(address);
  if (address.value === range.gateway) {
    throw new CniError(102, `the address ${text} cannot be had`, "it is the gateway's");
  }
  if (lease.take(address)) return { ...address, range };
  throw new CniError(102, `the address ${text} cannot be had`, "another container has it");
}

/** A part of a range, in which nothing was looked at yet. */
interface Stretch {
  readonly range: Range;
  readonly from: bigint;
  readonly to: bigint;
}

function takeNext(store: Store, lease: Lease, set: RangeSet, n: number): Given {
  for (const { range, from, to } of stretchesOf(set, store.lastOf(n))) {
    const { family } = range;
    for (let start = from; start <= to;) {
      const value = firstFree(store, range, start);
      if (value > to) break;
      // Another process may have taken it since.
      if (lease.take({ family, value })) {
        store.setLast(n, { family, value });
        return { family, value, range };
      }
      start = value + 1n;
    }
  }
  const message = `no IP addresses available in range set: ${showSet(set)}`;
  throw new CniError(101, message);
}

/** Round and round: an address is given again as late as can be. */
function stretchesOf(set: RangeSet, last: Ip | undefined): Stretch[] {
  const whole = set.map((range) => ({ range, from: range.first, to: range.last }));
  const at = last === undefined ? -1 : set.findIndex((range) => contains(range, last));
  if (last === undefined || at < 0) return whole;
  const here = whole[at]!;
  return [
    { ...here, from: last.value + 1n },
    ...whole.slice(at + 1),
    ...whole.slice(0, at),
    { ...here, to: last.value },
  ];
}

/** The first address from `start` on that nobody has; it may lie behind the range. */
function firstFree(store: Store, { family, gateway }: Range, start: bigint): bigint {
  let value = start === gateway ? start + 1n : start;
  for (const taken of store.taken(family, value)) {
    if (taken > value) return value;
    value = taken + 1n;
    if (value === gateway) value++;
  }
  return value;
}
