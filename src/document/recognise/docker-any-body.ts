import {
  CONTAINER_CREATE,
  CONTAINER_UPDATE,
  EXEC_CREATE,
  INSPECT,
  NETWORK_CONNECT,
  NETWORK_CREATE,
  type Structure,
  union,
  VOLUME_CREATE,
} from "./docker-schema.ts";
import { SERVICE_SPEC } from "./docker-swarm-schema.ts";

/**
 * Whatever the Engine API takes or prints. A daemon ignores the fields that it does not know, so a
 * body may be meant for another door than it looks like; hence it is folded for all of them.
 */
export const ANY_BODY: Structure = union(
  CONTAINER_CREATE,
  CONTAINER_UPDATE,
  EXEC_CREATE,
  NETWORK_CREATE,
  NETWORK_CONNECT,
  VOLUME_CREATE,
  SERVICE_SPEC,
  INSPECT,
);
