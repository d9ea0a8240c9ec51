import type { BODIES } from "./body.ts";
import type { JUDGES } from "./call.ts";

/** A call of the Engine API that somebody but an administrator may make. */
export interface Endpoint {
  /** `exec`: it reaches into containers. `build`: it runs what nobody sees. */
  readonly kind: "read" | "change" | "exec" | "build" | "swarm";
  /** The parameters that it has, with `*` behind those that may stand more than once; absent: any. */
  readonly query?: readonly string[] | undefined;
  readonly judge?: keyof typeof JUDGES | undefined;
  /** What its body is; absent: it has none. */
  readonly body?: keyof typeof BODIES | undefined;
  /** Whether it may be made though nobody sees its body, and its query is not sure either. */
  readonly mayBeHidden: boolean;
}

type Row = readonly [
  call: string,
  kind: Endpoint["kind"],
  more?: {
    readonly query?: string;
    readonly judge?: keyof typeof JUDGES;
    readonly body?: keyof typeof BODIES;
    readonly hidden?: true;
  },
];

/**
 * All that is not only for administrators. `*` is a name, `**` one that may have slashes in it. Whoever
 * may only look may make the calls of the kind `read`.
 *
 * @see moby, api/swagger.yaml
 */
const ROWS: readonly Row[] = [
  ["GET /_ping", "read"],
  ["HEAD /_ping", "read"],
  ["GET /version", "read"],
  ["GET /info", "read"],
  ["GET /events", "read"],
  ["GET /system/df", "read"],
  ["GET /containers/json", "read"],
  ["GET /containers/*/json", "read"],
  ["GET /containers/*/top", "read", { judge: "top" }],
  ["GET /containers/*/logs", "read"],
  ["GET /containers/*/stats", "read"],
  ["GET /containers/*/changes", "read"],
  ["GET /exec/*/json", "read"],
  ["GET /images/json", "read"],
  ["GET /images/search", "read"],
  ["GET /images/**/json", "read"],
  ["GET /images/**/history", "read"],
  ["GET /images/**/attestations", "read"],
  ["GET /distribution/**/json", "read"],
  ["GET /networks", "read"],
  ["GET /networks/", "read"],
  ["GET /networks/*", "read"],
  ["GET /volumes", "read"],
  ["GET /volumes/*", "read"],
  ["GET /plugins", "read"],
  ["GET /plugins/**/json", "read"],
  ["GET /nodes", "read"],
  ["GET /nodes/*", "read"],
  ["GET /services", "read"],
  ["GET /services/*", "read"],
  ["GET /services/*/logs", "read"],
  ["GET /tasks", "read"],
  ["GET /tasks/*", "read"],
  ["GET /tasks/*/logs", "read"],
  ["GET /secrets", "read"],
  ["GET /secrets/*", "read"],
  ["GET /configs", "read"],
  ["GET /configs/*", "read"],

  ["POST /auth", "change", { query: "", body: "account", hidden: true }],
  ["POST /containers/create", "change", { query: "name platform", body: "container" }],
  ["POST /containers/*/start", "change", { query: "detachKeys" }],
  ["POST /containers/*/stop", "change", { query: "t signal" }],
  ["POST /containers/*/restart", "change", { query: "t signal" }],
  ["POST /containers/*/kill", "change", { query: "signal" }],
  ["POST /containers/*/pause", "change", { query: "" }],
  ["POST /containers/*/unpause", "change", { query: "" }],
  ["POST /containers/*/wait", "change", { query: "condition" }],
  ["POST /containers/*/resize", "change", { query: "h w" }],
  ["POST /containers/*/rename", "change", { query: "name" }],
  ["POST /containers/*/update", "change", { query: "", body: "update" }],
  ["POST /containers/prune", "change", { query: "filters" }],
  ["DELETE /containers/*", "change", { query: "v force link" }],

  ["POST /containers/*/attach", "exec", { hidden: true }],
  ["GET /containers/*/attach/ws", "exec"],
  ["POST /containers/*/exec", "exec", { query: "", body: "exec" }],
  ["POST /exec/*/start", "exec", { query: "", body: "exec-start" }],
  ["POST /exec/*/resize", "exec", { query: "h w" }],
  ["GET /containers/*/archive", "exec"],
  ["HEAD /containers/*/archive", "exec"],
  ["PUT /containers/*/archive", "exec", { hidden: true }],
  ["GET /containers/*/export", "exec"],

  ["POST /images/create", "change", {
    query: "fromImage fromSrc repo tag message platform changes*",
    judge: "pull",
    hidden: true,
  }],
  ["POST /images/load", "change", { judge: "load", hidden: true }],
  ["POST /images/**/tag", "change", { query: "repo tag force", judge: "tag" }],
  ["POST /images/**/push", "change", { query: "tag platform", judge: "push", body: "account" }],
  ["POST /commit", "change", {
    query: "container repo tag comment author pause changes*",
    judge: "commit",
    body: "config",
  }],
  ["GET /images/get", "change", { judge: "save" }],
  ["GET /images/**/get", "change", { judge: "save" }],
  ["DELETE /images/**", "change", { query: "force noprune platforms*" }],
  ["POST /images/prune", "change", { query: "filters" }],
  ["POST /build", "build", {
    query:
      "t* extrahosts* securityopt* dockerfile remote q nocache cachefrom pull rm forcerm memory " +
      "memswap cpushares cpusetcpus cpusetmems cpuperiod cpuquota cgroupparent buildargs shmsize " +
      "ulimits labels squash networkmode platform target outputs version session buildid isolation",
    judge: "build",
    hidden: true,
  }],
  ["POST /session", "build", { hidden: true }],
  ["POST /grpc", "build", { hidden: true }],
  ["POST /build/cancel", "build", { query: "id" }],
  ["POST /build/prune", "change"],

  ["POST /volumes/create", "change", { query: "", body: "volume" }],
  ["POST /volumes/prune", "change", { query: "filters" }],
  ["DELETE /volumes/*", "change", { query: "force" }],
  ["POST /networks/create", "change", { query: "", body: "network" }],
  ["POST /networks/*/connect", "change", { query: "", judge: "connect", body: "connect" }],
  ["POST /networks/*/disconnect", "change", { query: "", judge: "connect", body: "connect" }],
  ["POST /networks/prune", "change", { query: "filters" }],
  ["DELETE /networks/*", "change", { query: "" }],

  ["POST /services/create", "swarm", { query: "", body: "service" }],
  ["POST /services/*/update", "swarm", {
    query: "version registryAuthFrom rollback",
    body: "service",
  }],
  ["DELETE /services/*", "swarm", { query: "" }],
  ["POST /secrets/create", "swarm", { query: "", body: "secret" }],
  ["POST /secrets/*/update", "swarm", { query: "version", body: "secret" }],
  ["DELETE /secrets/*", "swarm", { query: "" }],
  ["POST /configs/create", "swarm", { query: "", body: "secret" }],
  ["POST /configs/*/update", "swarm", { query: "version", body: "secret" }],
  ["DELETE /configs/*", "swarm", { query: "" }],
];

/** The calls without names in them, and those with. */
const PLAIN = new Map<string, Endpoint>();
const NAMED: (readonly [RegExp, Endpoint])[] = [];

for (const [call, kind, { query, judge, body, hidden = false } = {}] of ROWS) {
  const known = query?.split(" ").filter((name) => name !== "");
  const endpoint = { kind, query: known, judge, body, mayBeHidden: hidden };
  if (!call.includes("*")) PLAIN.set(call, endpoint);
  else NAMED.push([patternOf(call), endpoint]);
}

function patternOf(call: string): RegExp {
  const parts = call.split(/(\*\*?)/).map((part) =>
    part === "**" ? ".+" : part === "*" ? "[^/]+" : part.replaceAll(".", "\\.")
  );
  return new RegExp(`^${parts.join("")}$`);
}

/** Finds a call by its method and its path without a version; undefined for administrators' own. */
export function endpointOf(method: string, path: string): Endpoint | undefined {
  const call = `${method} ${path}`;
  return PLAIN.get(call) ?? NAMED.find(([pattern]) => pattern.test(call))?.[1];
}
