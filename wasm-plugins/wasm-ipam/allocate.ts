import { CniError } from "cofferdam/guest";
import { type Ip, writeIp } from "../pool-ipam/address.ts";
import { contains, type Range, type RangeSet, showSet } from "./range.ts";
import { addressOf, type Attachment, type Store } from "./store.ts";

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
  if (sets.length > MAX_SETS) {
    throw new CniError(7, `there are ${sets.length} range sets, at most ${MAX_SETS} can be served`);
  }
  let turns = sets.map((_, n) => choices[n] === undefined ? store.turnOf(n) : undefined);
  for (;;) {
    const picks = sets.map((set, n) => {
      const choice = choices[n];
      if (choice !== undefined) return wantedOf(set, choice);
      const next = nextOf(store, set, turns[n] ?? null);
      if (next !== undefined) return next;
      store.refuseHolder(attachment);
      throw new CniError(101, `no IP addresses available in range set: ${showSet(set)}`);
    });
    const taken = store.take(
      attachment,
      picks.map((address, set) => {
        const before = turns[set];
        return { address, turn: before === undefined ? undefined : { set, before } };
      }),
    );
    if (taken.isTaken) return picks;
    const gone = choices.find((choice, n) => choice !== undefined && taken.isHeld[n]);
    if (gone !== undefined) throw unavailable(gone, "another container has it");
    // Another process was faster, and there is a next one.
    turns = [...taken.turns];
  }
}

/** Each has two keys in one swap, beside the attachment's own. */
const MAX_SETS = 40;

function wantedOf(set: RangeSet, address: Ip): Given {
  const range = set.find((one) => contains(one, address))!;
  if (address.value === range.gateway) throw unavailable(address, "it is the gateway's");
  return { ...address, range };
}

function unavailable(address: Ip, why: string): CniError {
  return new CniError(102, `the address ${writeIp(address)} cannot be had`, why);
}

/** A part of a range, in which nothing was looked at yet. */
interface Stretch {
  readonly range: Range;
  readonly from: bigint;
  readonly to: bigint;
}

/** undefined where the set is used up. */
function nextOf(store: Store, set: RangeSet, turn: string | null): Given | undefined {
  const last = turn === null ? undefined : addressOf(turn);
  for (const { range, from, to } of stretchesOf(set, last)) {
    const value = firstFree(store, range, from);
    if (value <= to) return { family: range.family, value, range };
  }
  return undefined;
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
