import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { Recogniser } from "./draft.ts";

const TOP_LEVEL = new Set([
  "version",
  "name",
  "include",
  "services",
  "networks",
  "volumes",
  "configs",
  "secrets",
  "models",
]);

/** Attributes of a service that other formats with a mapping called "services" do not have. */
const SERVICE = new Set(
  ("annotations attach build blkio_config cap_add cap_drop cgroup cgroup_parent command configs " +
    "container_name cpus depends_on deploy develop device_cgroup_rules devices dns entrypoint " +
    "env_file environment expose extends external_links extra_hosts gpus group_add healthcheck " +
    "hostname image init ipc labels links logging mem_limit network_mode networks pid ports " +
    "privileged profiles provider pull_policy read_only restart runtime secrets security_opt shm_size " +
    "stdin_open stop_grace_period stop_signal sysctls tmpfs tty ulimits user userns_mode uts volumes " +
    "volumes_from working_dir").split(" "),
);

/** Compose files. @see https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export const COMPOSE: Recogniser = {
  kind: "compose",
  syntaxes: ["yaml", "json"],
  wants: 'an object with a mapping "services", whose members have attributes of a Compose service',
  claims: (value, { source }) =>
    isJsonObject(value) &&
    (hasServices(value) || (isNamedSo(source.name) && hasComposeKeys(value))),
  accepts: (value) => isJsonObject(value) && hasComposeKeys(value),
  read: (value) => [{ kind: "compose", object: value, base: [] }],
};

function hasServices(object: JsonObject): boolean {
  const services = object["services"];
  if (!isJsonObject(services)) return false;
  const all: JsonValue[] = Object.values(services);
  return all.length > 0 && all.every(isService);
}

function isService(service: JsonValue): boolean {
  return isJsonObject(service) && Object.keys(service).some((key) => SERVICE.has(key));
}

function hasComposeKeys(object: JsonObject): boolean {
  const keys = Object.keys(object);
  return keys.some((key) => key === "services" || key === "include") &&
    keys.every((key) => TOP_LEVEL.has(key) || key.startsWith("x-"));
}

function isNamedSo(name: string): boolean {
  return /(?:^|[/\\])(?:docker-|podman-)?compose[^/\\]*\.ya?ml$/i.test(name);
}
