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

/** The attributes of a service. @see compose-spec, schema/compose-spec.json */
const SERVICE = new Set(
  ("annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs " +
    "container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime " +
    "cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices " +
    "dns dns_opt dns_search domainname entrypoint env_file environment expose extends " +
    "external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation " +
    "label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness " +
    "memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit " +
    "platform ports post_start pre_stop privileged profiles provider pull_policy " +
    "pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open " +
    "stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user " +
    "userns_mode uts volumes volumes_from working_dir").split(" "),
);

/** Compose files. @see https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export const COMPOSE: Recogniser = {
  kind: "compose",
  syntaxes: ["yaml", "json"],
  wants:
    'an object with a mapping "services", one of whose members has attributes of a Compose service',
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
  // One is enough: Compose takes the file all the same, whatever stands beside that one.
  return all.some(isService);
}

function isService(service: JsonValue): boolean {
  return isJsonObject(service) && Object.keys(service).some((key) => SERVICE.has(key));
}

function hasComposeKeys(object: JsonObject): boolean {
  const keys = Object.keys(object);
  return keys.some((key) => TOP_LEVEL.has(key)) &&
    keys.every((key) => TOP_LEVEL.has(key) || key.startsWith("x-"));
}

function isNamedSo(name: string): boolean {
  return /(?:^|[/\\])(?:docker-|podman-)?compose[^/\\]*\.ya?ml$/i.test(name);
}
