import { DriverError, type Host } from "cofferdam/guest";
import { Links } from "./links.ts";

/** An interface that is to be made, and what belongs to it. */
export interface Making {
  readonly link: string;
  /** Makes it, by one command. */
  readonly add: (links: Links) => void;
  /** Does the rest. */
  readonly finish: (links: Links) => void;
  /** What the state says of it once it is there; undone with it. */
  readonly entry?: { readonly key: string; readonly value: string };
}

const PREFIX = "making/";

/**
 * Makes an interface whole, or not at all: where a step fails, what was made is removed again. The state
 * says beforehand that it is being made, so that it is also removed where the host ends in between.
 *
 * @throws {DriverError} `conflict` where there is an interface of that name; what the steps throw
 */
export function makeLink(host: Host, { link, add, finish, entry }: Making): void {
  const links = new Links(host.exec);
  if (links.has(link)) {
    const why = `there is an interface "${link}" already, which this driver did not make`;
    throw new DriverError("conflict", why);
  }
  host.state.put(`${PREFIX}${link}`, entry?.key ?? "");
  try {
    add(links);
  } catch (error) {
    // A command that says that it failed made nothing; what is there now is somebody else's.
    if (error instanceof DriverError) host.state.delete(`${PREFIX}${link}`);
    else unmake(host, link);
    throw error;
  }
  try {
    finish(links);
    if (entry !== undefined) host.state.put(entry.key, entry.value);
    host.state.delete(`${PREFIX}${link}`);
  } catch (error) {
    unmake(host, link);
    throw error;
  }
}

/** Removes what was being made when a host ended, or what could not be removed then. */
export function removeUnfinished(host: Host): void {
  for (const key of host.state.list({ prefix: PREFIX }).keys) {
    unmake(host, key.slice(PREFIX.length));
  }
}

/** What stays for now is tried again with the next interface that is made. */
function unmake({ exec, state }: Host, link: string): void {
  try {
    new Links(exec).remove(link);
    const entry = state.get(`${PREFIX}${link}`);
    if (entry) state.delete(entry);
    state.delete(`${PREFIX}${link}`);
  } catch (error) {
    console.warn(`cannot remove "${link}", which is half made: ${(error as Error).message}`);
  }
}
