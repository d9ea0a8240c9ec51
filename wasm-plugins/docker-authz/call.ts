import type { JsonObject } from "cofferdam/guest";
import { quote } from "../shared/quote.ts";
import { BODIES } from "./body.ts";
import { judgeBuild } from "./build.ts";
import { endpointOf } from "./endpoint.ts";
import { isKnownName, judgeImageName, judgeMadeName, readImageName } from "./image.ts";
import { judgeNetworkName } from "./network.ts";
import { Place } from "./place.ts";
import type { Reasons } from "./reasons.ts";
import type { Role, Settings } from "./settings.ts";
import { judgeTop } from "./top.ts";

/** A call of the Engine API, as it is judged. */
export interface Call {
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly query: Place;
  readonly body: Place;
  /** The name in the client's certificate, which may be empty; undefined where it showed none. */
  readonly user: string | undefined;
  /** Whether there may be a body that nobody has seen, which could hold what the query says. */
  readonly isHidden: boolean;
}

/** Reads a call; what is not of its form denies. */
export function readCall(object: JsonObject, reasons: Reasons): Call {
  const place = new Place(object, "", reasons);
  return {
    method: place.get("method").text(),
    path: place.get("path").text().replace(/^\/v[0-9]+\.[0-9]+(?=\/)/, ""),
    query: place.get("query"),
    body: place.get("body"),
    user: place.get("user").value === undefined ? undefined : place.get("user").text(),
    isHidden: place.get("bodyHidden").flag(),
  };
}

/** What a user may do. */
export function roleOf({ user }: Call, { users, otherUsers }: Settings): Role {
  // Who shows a certificate without a name is nobody's, least of all who shows none.
  return (user === "" ? undefined : users.get(user ?? "")) ?? otherUsers;
}

/** Judges a call before the daemon makes it. */
export function judgeCall(call: Call, settings: Settings, reasons: Reasons): void {
  const role = roleOf(call, settings);
  if (role === "admin") return;
  const who = call.user === undefined ? "Who shows no certificate" : `The user ${quote(call.user)}`;
  const what = quote(`${call.method} ${call.path}`);
  if (role === "nobody") return reasons.deny("user-allowed", "/user", `${who} may do nothing.`);
  const endpoint = endpointOf(call.method, call.path);
  if (endpoint === undefined) {
    return reasons.deny("call-known", "/path", `${what} is only for administrators.`);
  }
  if (role === "reader" && endpoint.kind !== "read") {
    return reasons.deny("user-allowed", "/path", `${who} may only look, so not ${what}.`);
  }
  if (endpoint.kind === "exec" && !settings.exec) {
    return reasons.deny("exec", "/path", `${what} is not allowed: it reaches into containers.`);
  }
  if (endpoint.kind === "swarm" && !settings.swarm) {
    return reasons.deny("swarm", "/path", `${what} is not allowed: it is about the swarm.`);
  }
  if (endpoint.kind === "build" && !settings.build) {
    return reasons.deny("image-made", "/path", `${what} is not allowed: it builds images.`);
  }
  // What a form holds would count before the query.
  if (call.isHidden && !endpoint.mayBeHidden) {
    const message = `${what} may have a body that nobody sees; say "Content-Length: 0".`;
    return reasons.deny("call-seen", "", message);
  }
  if (endpoint.query !== undefined) judgeQuery(call.query, endpoint.query);
  JUDGES[endpoint.judge ?? "none"](call, settings);
  BODIES[endpoint.body ?? "none"](call.body, settings);
}

/** Every parameter has to be known, and stands once where Docker does not take several. */
function judgeQuery(query: Place, known: readonly string[]): void {
  for (const [name, values] of query.members()) {
    const isKnown = known.includes(name);
    if (!isKnown && !known.includes(`${name}*`)) {
      values.deny(
        "parameter-known",
        `The parameter ${quote(name)} is none that this policy knows.`,
      );
    } else if (isKnown && values.list().length !== 1) {
      values.deny("parameter-known", `The parameter ${quote(name)} does not stand once.`);
    }
  }
}

/** A parameter's value; empty where there is none. */
function parameter({ query }: Call, name: string): Place {
  const values = query.get(name);
  return values.list()[0] ?? values;
}

/** How calls are judged whose path or query says what is to be done. */
export const JUDGES = {
  none: () => {},
  top: ({ query }: Call, settings: Settings) => judgeTop(query, settings),
  build: ({ query }: Call, settings: Settings) => judgeBuild(query, settings),
  commit: (call: Call, settings: Settings) => judgeNamed(call, settings),
  tag: (call: Call, settings: Settings) => judgeNamed(call, settings),
  pull: (call: Call, settings: Settings) => judgePull(call, settings),
  load: ({ query }: Call, settings: Settings) => judgeImport(query, settings),
  push: (call: Call, settings: Settings) => judgePush(call, settings),
  save: ({ query }: Call, settings: Settings) => judgeSave(query, settings),
  connect: ({ body, path }: Call, settings: Settings) =>
    judgeNetworkName(body, path.split("/")[2]!, settings),
} as const;

/** What `commit` and `tag` call an image; a commit may leave it without a name. */
function judgeNamed(call: Call, settings: Settings): void {
  const repository = parameter(call, "repo").text();
  const tag = parameter(call, "tag").text();
  if (repository === "" && call.path === "/commit") return;
  judgeMadeName(
    parameter(call, "repo"),
    tag === "" ? repository : `${repository}:${tag}`,
    settings,
  );
}

/** A pull, or an import: both make an image there. */
function judgePull(call: Call, settings: Settings): void {
  const source = call.query.get("fromSrc");
  if (source.value !== undefined) {
    if (call.query.get("fromImage").value !== undefined) {
      return source.deny("parameter-known", "A pull and an import are not one call.");
    }
    return judgeImport(call.query, settings);
  }
  if (call.isHidden) {
    return call.query.deny("call-seen", 'A pull has no body; say "Content-Length: 0".');
  }
  const image = parameter(call, "fromImage");
  const tag = parameter(call, "tag").text();
  const separator = tag.includes(":") ? "@" : ":";
  const name = readImageName(tag === "" ? image.text() : `${image.text()}${separator}${tag}`);
  if (name === undefined) return image.malformed("the name of an image");
  const isOne = name.tag !== undefined || name.digest !== undefined;
  // Old daemons pull all tags then, so that a pattern of one is not enough.
  const images = settings.images.filter((pattern) => isOne || pattern.tag === undefined);
  judgeImageName(image, name, { ...settings, images });
}

function judgeImport(query: Place, settings: Settings): void {
  if (settings.import) return;
  query.deny(
    "image-made",
    "Images from archives are not allowed, for nobody sees what is in them.",
  );
}

function judgePush(call: Call, settings: Settings): void {
  const name = call.path.replace(/^\/images\//, "").replace(/\/push$/, "");
  if (isKnownName(name, settings)) return;
  call.query.deny("image-allowed", `The image ${quote(name)} may not be pushed.`);
}

/** An archive holds the configurations of its images, and Docker shows no answer that is streamed. */
function judgeSave(query: Place, { secretVariables }: Settings): void {
  if (secretVariables.length === 0) return;
  query.deny("secret-variable", "An archive of images may hold secret variables.");
}
