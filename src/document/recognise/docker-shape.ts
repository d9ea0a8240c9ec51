import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { getMember } from "../own-member.ts";
import { foldKey } from "./go-fold.ts";
import { ANY_BODY } from "./docker-any-body.ts";
import {
  CONTAINER_CREATE,
  CONTAINER_UPDATE,
  EXEC_CREATE,
  IMAGE_CONFIG,
  MANIFEST,
  NETWORK_CREATE,
  PLUGIN_PRIVILEGES,
  type Shape,
  type Structure,
  VOLUME_CREATE,
} from "./docker-schema.ts";
import { textOrNothing } from "./draft.ts";

/**
 * Finds out how a value is to be folded; undefined where it looks like nothing of Docker's. Keys
 * count in any case, because the daemon ignores it, and keys that nobody knows count for nothing.
 */
export function findShape(value: JsonValue): Shape | undefined {
  if (Array.isArray(value)) return isPrivileges(value) ? PLUGIN_PRIVILEGES : undefined;
  if (!isJsonObject(value)) return undefined;
  const body = new FoldedBody(value);
  if (isManifest(body)) return MANIFEST;
  if (isImageConfig(body)) return IMAGE_CONFIG;
  return isInspect(value) || isRequest(body) ? ANY_BODY : undefined;
}

/**
 * The key that makes a body of the Engine API of what looks like an image's manifest or
 * configuration as well; to the daemon it is the former, to everybody else the latter.
 */
export function findRequestKey(value: JsonObject): string | undefined {
  const signs = new Set(["image", "cmd", "hostconfig", "tasktemplate", "driveropts", "ipam"]);
  return Object.keys(value).find((key) => signs.has(foldKey(key)));
}

/** True for one element of what `docker inspect` prints, in the daemon's own spelling. */
export function isInspect(object: JsonObject): boolean {
  const signs = [
    "State",
    "Config",
    "HostConfig",
    "ContainerConfig",
    "NetworkSettings",
    "GraphDriver",
    "RootFS",
    "RepoTags",
    "RepoDigests",
  ];
  return typeof object["Id"] === "string" &&
    signs.filter((sign) => Object.hasOwn(object, sign)).length > 1;
}

/** The members of a body by their folded keys. */
class FoldedBody {
  readonly written: JsonObject;
  readonly keys: readonly string[];
  readonly #members: ReadonlyMap<string, readonly JsonValue[]>;

  constructor(body: JsonObject) {
    const members = new Map<string, JsonValue[]>();
    for (const [key, value] of Object.entries(body)) {
      const folded = foldKey(key);
      const values = members.get(folded);
      if (values === undefined) members.set(folded, [value]);
      else values.push(value);
    }
    this.written = body;
    this.keys = [...members.keys()];
    this.#members = members;
  }

  /** Whether one of the members that fold to `key` passes. */
  some(key: string, passes: (value: JsonValue) => boolean): boolean {
    return this.#members.get(key)?.some(passes) === true;
  }

  /** How many of the keys are fields of the structure. */
  count(shape: Structure): number {
    const names = foldedNames(shape);
    return this.keys.filter((key) => names.has(key)).length;
  }
}

const NAMES = new WeakMap<Structure, ReadonlySet<string>>();

function foldedNames(shape: Structure): ReadonlySet<string> {
  let names = NAMES.get(shape);
  if (names === undefined) {
    names = new Set(Object.keys(shape.fields).map(foldKey));
    NAMES.set(shape, names);
  }
  return names;
}

const isText = (value: JsonValue): boolean => typeof value === "string";
const isObject = (value: JsonValue): boolean => isJsonObject(value);
const isList = (value: JsonValue): boolean => Array.isArray(value);
const isObjectOrNull = (value: JsonValue): boolean => value === null || isJsonObject(value);
const isArgv = (value: JsonValue): boolean => Array.isArray(value) || typeof value === "string";
const isFlag = (value: JsonValue): boolean => typeof value === "boolean";

function isManifest(body: FoldedBody): boolean {
  if (!body.some("schemaversion", (version) => version === 2)) return false;
  return body.some(
    "mediatype",
    (type) => /^application\/vnd\.(?:oci\.image|docker\.distribution)\./.test(textOrNothing(type)),
  ) ||
    (body.some("config", isObject) && body.some("layers", isList)) ||
    body.some(
      "manifests",
      (list) =>
        Array.isArray(list) && list.every((one) => typeof getMember(one, "digest") === "string"),
    );
}

function isImageConfig(body: FoldedBody): boolean {
  return body.some("architecture", isText) && body.some("os", isText) &&
    body.some("rootfs", (rootfs) => Array.isArray(getMember(rootfs, "diff_ids")));
}

function isRequest(body: FoldedBody): boolean {
  return isContainerCreate(body) || body.some("tasktemplate", isObject) || isExec(body) ||
    body.some("driveropts", isObject) || isDriven(body, VOLUME_CREATE) ||
    isDriven(body, NETWORK_CREATE) || isUpdate(body);
}

/** Words of a container's configuration that any JSON with an "image" may have. */
const COMMON = new Set(
  ("image user labels volumes hostname domainname links devices memory annotations runtime isolation " +
    "init shell dns env cgroup tmpfs sysctls mounts").split(" "),
);

/**
 * An image, and a second sign of a container: in the schema's spelling any field, since nobody else
 * writes "Image" so; in another one a field of Docker's own, or a list "env". Or a host's
 * configuration with a sign of a container beside it.
 */
function isContainerCreate(body: FoldedBody): boolean {
  if (body.some("hostconfig", isObjectOrNull)) {
    return ["image", "cmd", "env", "entrypoint"].some((key) => body.some(key, () => true));
  }
  if (!body.some("image", isText)) return false;
  if (body.some("cmd", isArgv) || body.some("entrypoint", isArgv)) return true;
  const isSpelled = typeof body.written["Image"] === "string" &&
    Object.keys(body.written).some((key) =>
      key !== "Image" && Object.hasOwn(CONTAINER_CREATE.fields, key)
    );
  if (isSpelled) return true;
  const names = foldedNames(CONTAINER_CREATE);
  return body.some("env", isList) ||
    ["devices", "mounts"].some((key) =>
      body.some(key, (list) => Array.isArray(list) && list.some(isJsonObject))
    ) ||
    body.keys.some((key) =>
      names.has(key) && !COMMON.has(key) && body.some(key, (value) => value !== null)
    );
}

/** A list "Cmd", and beside it how to run it. */
function isExec(body: FoldedBody): boolean {
  if (!body.some("cmd", isList)) return false;
  const flags = ["attachstdin", "attachstdout", "attachstderr", "detach", "tty", "privileged"];
  return flags.some((flag) => body.some(flag, isFlag)) || body.some("env", isList) ||
    (body.count(EXEC_CREATE) >= 2 && body.count(EXEC_CREATE) === body.keys.length);
}

/** Fields of the structure alone, and a driver among them. */
function isDriven(body: FoldedBody, shape: Structure): boolean {
  return body.keys.length >= 2 && body.count(shape) === body.keys.length &&
    (body.some("driver", isText) || body.some("ipam", isObject));
}

/** Two limits of a container at least, and not more that is unknown. */
function isUpdate(body: FoldedBody): boolean {
  const known = body.count(CONTAINER_UPDATE);
  return known >= 2 && known * 2 >= body.keys.length;
}

function isPrivileges(list: readonly JsonValue[]): boolean {
  return list.length > 0 &&
    list.every((item) =>
      isJsonObject(item) &&
      Object.keys(item).map(foldKey).sort().join() === "description,name,value"
    );
}
