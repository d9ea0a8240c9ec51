import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { getMember } from "../own-member.ts";
import { foldBody, foldKey, unfoldSteps } from "./docker-fold.ts";
import {
  CONTAINER_CREATE,
  CONTAINER_UPDATE,
  EXEC_CREATE,
  IMAGE_CONFIG,
  INSPECT,
  MANIFEST,
  NETWORK_CREATE,
  PLUGIN_PRIVILEGES,
  SERVICE_SPEC,
  type Shape,
  type Structure,
  VOLUME_CREATE,
} from "./docker-schema.ts";
import {
  type Draft,
  faultAt,
  type RecogniseContext,
  type Recogniser,
  textOrNothing,
} from "./draft.ts";

/** Bodies of the Docker Engine API, what `docker inspect` prints, and image manifests. */
export const DOCKER_CONFIG: Recogniser = {
  kind: "docker.config",
  syntaxes: ["json", "json-lines"],
  wants: "a body of the Docker Engine API, what docker inspect prints, or an image manifest",
  claims: (value) => findShape(value) !== undefined || isInspectList(value),
  accepts: (value) => isJsonObject(value) || Array.isArray(value),
  read: (value, context) =>
    isInspectList(value)
      ? value.map((item, index) => readConfig(item, [String(index)], context))
      : [readConfig(value, [], context)],
};

function readConfig(value: JsonValue, base: readonly string[], context: RecogniseContext): Draft {
  // A body that the caller calls one, and that looks like none, can only be meant for a container.
  const shape = findShape(value) ?? CONTAINER_CREATE;
  const object = foldBody(value, shape, (steps, field) => {
    throw faultAt(
      context,
      [...base, ...steps],
      `Reading the Docker body failed: the daemon takes the key ${
        JSON.stringify(steps.at(-1))
      } for ` +
        `"${field}", which stands there already`,
      "document.duplicate-key",
    );
  });
  return {
    kind: "docker.config",
    object,
    base,
    place: (tokens) => ({ steps: [...base, ...unfoldSteps(value, tokens)], isValue: false }),
  };
}

/** `docker inspect` prints a list, of one or of several. */
function isInspectList(value: JsonValue): value is JsonValue[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => isJsonObject(item) && isInspect(item));
}

function findShape(value: JsonValue): Shape | undefined {
  if (Array.isArray(value)) return isPrivileges(value) ? PLUGIN_PRIVILEGES : undefined;
  if (!isJsonObject(value)) return undefined;
  if (isManifest(value)) return MANIFEST;
  if (isImageConfig(value)) return IMAGE_CONFIG;
  if (isInspect(value)) return INSPECT;
  if (isContainerCreate(value)) return CONTAINER_CREATE;
  if (isJsonObject(value["TaskTemplate"])) return SERVICE_SPEC;
  if (hasOnly(value, EXEC_CREATE, 2) && Array.isArray(value["Cmd"])) return EXEC_CREATE;
  if (hasOnly(value, CONTAINER_UPDATE, 2)) return CONTAINER_UPDATE;
  if (hasOnly(value, VOLUME_CREATE, 2) && hasDriver(value)) return VOLUME_CREATE;
  if (hasOnly(value, NETWORK_CREATE, 2) && hasDriver(value)) return NETWORK_CREATE;
  return undefined;
}

function isManifest(object: JsonObject): boolean {
  if (object["schemaVersion"] !== 2) return false;
  return /^application\/vnd\.(?:oci\.image|docker\.distribution)\./.test(
    textOrNothing(object["mediaType"]),
  ) ||
    (isJsonObject(object["config"]) && Array.isArray(object["layers"])) ||
    (Array.isArray(object["manifests"]) &&
      object["manifests"].every((one) => typeof getMember(one, "digest") === "string"));
}

function isImageConfig(object: JsonObject): boolean {
  return typeof object["architecture"] === "string" && typeof object["os"] === "string" &&
    Array.isArray(getMember(object["rootfs"], "diff_ids"));
}

function isInspect(object: JsonObject): boolean {
  const signs = [
    "State",
    "Config",
    "HostConfig",
    "ContainerConfig",
    "NetworkSettings",
    "GraphDriver",
  ];
  const more = ["RootFS", "RepoTags", "RepoDigests"];
  return typeof object["Id"] === "string" &&
    [...signs, ...more].filter((sign) => Object.hasOwn(object, sign)).length > 1;
}

/**
 * An image and something else that only a container has. "HostConfig" is known in any case, since a
 * body that hides in another spelling is what folding is for.
 */
function isContainerCreate(object: JsonObject): boolean {
  const keys = Object.keys(object);
  const hostConfig = keys.find((key) => foldKey(key) === "hostconfig");
  if (hostConfig !== undefined && isJsonObject(object[hostConfig])) {
    return keys.some((key) => /^(?:image|cmd|env|entrypoint)$/.test(foldKey(key)));
  }
  return typeof object["Image"] === "string" &&
    keys.some((key) => key !== "Image" && Object.hasOwn(CONTAINER_CREATE.fields, key));
}

function isPrivileges(list: readonly JsonValue[]): boolean {
  return list.length > 0 &&
    list.every((item) =>
      isJsonObject(item) && Object.keys(item).sort().join() === "Description,Name,Value"
    );
}

function hasDriver(object: JsonObject): boolean {
  return typeof object["Driver"] === "string" || isJsonObject(object["IPAM"]) ||
    isJsonObject(object["DriverOpts"]);
}

/** True where every key is a field of the structure, and at least `count` are there. */
function hasOnly(object: JsonObject, shape: Structure, count: number): boolean {
  const keys = Object.keys(object);
  return keys.length >= count && keys.every((key) => Object.hasOwn(shape.fields, key));
}
