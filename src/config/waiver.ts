import { isDate } from "../date.ts";
import type { Waiver } from "./config.ts";

/** What a waiver is matched against. */
export interface WaivedThing {
  readonly rule: string;
  readonly plugin: string;
  /** The subject's name. */
  readonly subject: string;
  /** The input it was read from. */
  readonly input: string;
}

/**
 * The waiver that excuses a reason at `now`; of several, the one that lasts longest.
 *
 * @param now RFC 3339
 */
export function findWaiver(
  waivers: readonly Waiver[],
  thing: WaivedThing,
  now: string,
): Waiver | undefined {
  const time = Date.parse(now);
  return waivers
    .filter((waiver) =>
      waiver.rule === thing.rule &&
      waiver.subject === thing.subject &&
      (waiver.input === undefined || plainPath(waiver.input) === plainPath(thing.input)) &&
      (waiver.plugin === undefined || waiver.plugin === thing.plugin) &&
      time < endOf(waiver)
    )
    .sort((a, b) => endOf(b) - endOf(a))[0];
}

/** Waivers whose time is over at `now`. */
export function expiredWaivers(waivers: readonly Waiver[], now: string): Waiver[] {
  return waivers.filter((waiver) => Date.parse(now) >= endOf(waiver));
}

/** Reports name inputs without the `./` that people write. */
function plainPath(path: string): string {
  return path.replace(/^(\.\/)+/, "");
}

/** The first moment, in milliseconds since 1970, at which the waiver no longer counts. */
function endOf({ until }: Waiver): number {
  const day = 24 * 60 * 60 * 1000;
  return Date.parse(until) + (isDate(until) ? day : 0);
}
