import {
  CHECKPOINT_CREATE,
  CONTAINER_COPY,
  CONTAINER_CREATE,
  CONTAINER_UPDATE,
  EXEC_CREATE,
  EXEC_START,
  HOST_CONFIG,
  NETWORK_CONNECT,
  NETWORK_CREATE,
  PLUGIN_PRIVILEGES,
  type Shape,
  VOLUME_CREATE,
  VOLUME_UPDATE,
} from "./docker-schema.ts";
import {
  NODE_SPEC,
  SECRET_SPEC,
  SERVICE_SPEC,
  SWARM_INIT,
  SWARM_JOIN,
  SWARM_SPEC,
  SWARM_UNLOCK,
} from "./docker-swarm-schema.ts";

/** What an endpoint of the Engine API reads of a request's body. */
export interface DockerEndpoint {
  /**
   * - `json`: the daemon acts by it, so that nobody can judge the call without it.
   * - `json-or-nothing`: the call has a meaning without it.
   * - `stream`: an archive, a raw connection, or a password: what Docker shows to no plugin.
   */
  readonly body: "json" | "json-or-nothing" | "stream";
  /** The structure of a JSON body, whose keys are folded; null where it has none of its own. */
  readonly shape: Shape;
}

type Row = readonly [
  method: "POST" | "PUT",
  path: string,
  body: DockerEndpoint["body"],
  shape: Shape,
];

/**
 * Every endpoint that reads a body, in all versions of the API up to 1.55; `*` is a name, which may have
 * slashes in it, as the daemon's own router has it. No other endpoint does, whatever its method.
 *
 * @see moby, api/swagger.yaml and daemon/server/router; api/server/router up to 28
 */
const ROWS: readonly Row[] = [
  ["POST", "/auth", "stream", null],
  ["POST", "/build", "stream", null],
  ["POST", "/commit", "json-or-nothing", CONTAINER_CREATE],
  ["POST", "/configs/create", "json", SECRET_SPEC],
  ["POST", "/configs/*/update", "json", SECRET_SPEC],
  ["POST", "/containers/create", "json", CONTAINER_CREATE],
  ["PUT", "/containers/*/archive", "stream", null],
  ["POST", "/containers/*/attach", "stream", null],
  ["POST", "/containers/*/checkpoints", "json", CHECKPOINT_CREATE],
  ["POST", "/containers/*/copy", "json", CONTAINER_COPY],
  ["POST", "/containers/*/exec", "json", EXEC_CREATE],
  // Up to version 1.23 of the API.
  ["POST", "/containers/*/start", "json-or-nothing", HOST_CONFIG],
  ["POST", "/containers/*/update", "json", CONTAINER_UPDATE],
  ["POST", "/exec/*/start", "json", EXEC_START],
  ["POST", "/grpc", "stream", null],
  ["POST", "/images/create", "stream", null],
  ["POST", "/images/load", "stream", null],
  // The password of a registry, from clients of long ago.
  ["POST", "/images/*/push", "json-or-nothing", null],
  ["POST", "/networks/create", "json", NETWORK_CREATE],
  ["POST", "/networks/*/connect", "json", NETWORK_CONNECT],
  ["POST", "/networks/*/disconnect", "json", NETWORK_CONNECT],
  ["POST", "/nodes/*/update", "json", NODE_SPEC],
  ["POST", "/plugins/create", "stream", null],
  ["POST", "/plugins/pull", "json", PLUGIN_PRIVILEGES],
  ["POST", "/plugins/*/set", "json", null],
  ["POST", "/plugins/*/upgrade", "json", PLUGIN_PRIVILEGES],
  ["POST", "/secrets/create", "json", SECRET_SPEC],
  ["POST", "/secrets/*/update", "json", SECRET_SPEC],
  ["POST", "/services/create", "json", SERVICE_SPEC],
  ["POST", "/services/*/update", "json", SERVICE_SPEC],
  ["POST", "/session", "stream", null],
  ["POST", "/swarm/init", "json", SWARM_INIT],
  ["POST", "/swarm/join", "json", SWARM_JOIN],
  ["POST", "/swarm/unlock", "json", SWARM_UNLOCK],
  ["POST", "/swarm/update", "json", SWARM_SPEC],
  ["POST", "/volumes/create", "json", VOLUME_CREATE],
  ["PUT", "/volumes/*", "json", VOLUME_UPDATE],
];

/** The rows, with the version before their paths that a client may leave out. */
const ENDPOINTS = ROWS.map(([method, path, body, shape]) => ({
  method,
  pattern: new RegExp(String.raw`^(?:/v\d+\.\d+)?${path.replace("*", ".+")}$`),
  endpoint: { body, shape },
}));

/** Finds what reads a call's body; undefined where nothing does. */
export function dockerEndpoint(method: string, path: string): DockerEndpoint | undefined {
  return ENDPOINTS.find((one) => one.method === method && one.pattern.test(path))?.endpoint;
}
