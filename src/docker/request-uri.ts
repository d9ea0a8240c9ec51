import { setMember } from "../document/own-member.ts";
import type { JsonObject } from "../json.ts";
import { Denial, UNREADABLE_RULE } from "./denial.ts";

/** Where a call of the Engine API goes. */
export interface RequestUri {
  /** Decoded; with the version, where the client wrote one. */
  readonly path: string;
  /** Each key with its values, decoded, in their order. The daemon takes the first, but for lists. */
  readonly query: JsonObject;
}

/**
 * Reads a URI as Docker's router does: by the decoded path. What Go and others could read in two ways is
 * refused, and what the daemon's router sends elsewhere before it asks any plugin.
 *
 * @param uri As the client wrote it.
 * @throws {Denial}
 * @see moby, daemon/server/server.go; gorilla/mux, cleanPath(); Go, net/url
 */
export function readRequestUri(uri: string): RequestUri {
  const [written, ...rest] = uri.split("?");
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(uri)) {
    throw unreadable(`the URI ${quote(uri)} is no path of a daemon, in ASCII`);
  }
  const path = decode(written!, "path");
  if (/[\\?#%\p{Cc}]|\/\/|\/\.\.?(?:\/|$)/u.test(path)) {
    throw unreadable(`the path ${quote(path)} can be read in more than one way`);
  }
  return { path, query: readQuery(rest.join("?")) };
}

function readQuery(written: string): JsonObject {
  // Go has taken it for "&", and later for an error.
  if (written.includes(";")) throw unreadable(`the query ${quote(written)} has a ";" in it`);
  const query: JsonObject = {};
  const values = new Map<string, string[]>();
  for (const pair of written.split("&")) {
    if (pair === "") continue;
    const [key, ...value] = pair.split("=").map((part) => part.replaceAll("+", " "));
    const name = decode(key!, "query");
    const list = values.get(name) ?? [];
    list.push(decode(value.join("="), "query"));
    values.set(name, list);
    setMember(query, name, list);
  }
  return query;
}

/** What is no UTF-8 behind its escapes would be other bytes for Go than for anybody's text. */
function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable(`the ${what} ${quote(text)} is not well-formed`);
  }
}

function unreadable(why: string): Denial {
  return new Denial(UNREADABLE_RULE, `The call cannot be judged: ${why}.`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
