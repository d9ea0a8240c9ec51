import { quote } from "../shared/quote.ts";
import { type Fields, fields, type Judge, judgeFields } from "./fields.ts";
import { judgeImage } from "./image.ts";
import { judgeBind, judgeMount } from "./mount.ts";
import { judgeEndpoints } from "./network.ts";
import { type Namespace, NAMESPACES } from "./namespace.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Judges the body of a container that is to be made. */
export function judgeCreate(place: Place, settings: Settings): void {
  if (!place.isObject()) return place.malformed("a container's configuration");
  judgeImage(place.get("Image"), settings);
  judgeFields(place, CREATE, settings);
}

/** Judges what a container gets of its host. */
export function judgeHostConfig(place: Place, settings: Settings): void {
  if (place.isObject()) judgeFields(place, HOST, settings);
}

/** Judges the body of a command that is to run in a container. */
export function judgeExec(place: Place, settings: Settings): void {
  if (!place.isObject()) return place.malformed("the configuration of a command");
  judgeFields(place, EXEC, settings);
}

const privileged: Judge = (place, settings) => {
  if (!place.flag() || settings.privileged) return;
  place.deny("privileged", "Privileged containers and commands are not allowed.");
};

const EXEC = fields(
  "AttachStdin AttachStdout AttachStderr ConsoleSize DetachKeys Detach Tty Env Cmd User WorkingDir",
  { Privileged: privileged },
);

/** A mode that names the host's namespace, another container's, or one of a few others. */
export function namespace(name: Namespace): Judge {
  const { words, isOpen } = NAMESPACES[name];
  return (place, settings) => {
    const mode = place.text();
    if (mode === "host") {
      if (settings.hostNamespaces.includes(name)) return;
      place.deny("host-namespace", `The host's ${name} namespace is not allowed.`);
    } else if (mode.startsWith("container:")) {
      shared(place, settings);
    } else if (!isOpen && !words.includes(mode)) {
      place.deny("host-namespace", `The mode ${quote(mode)} is none that this policy knows.`);
    }
  };
}

const shared: Judge = (place, settings) => {
  if (place.isEmpty || settings.sharing) return;
  place.deny("shared-with-container", "What other containers have is not allowed.");
};

/** What may only be left as it is. */
function option(what: string): Judge {
  return (place) => {
    if (!place.isEmpty) place.deny("runtime-option", `${what} may not be set.`);
  };
}

/** One of the operator's words, or nothing. */
function oneOf(what: string, words: (settings: Settings) => readonly string[]): Judge {
  return (place, settings) => {
    const word = place.text();
    if (word === "" || words(settings).includes(word)) return;
    place.deny("runtime-option", `The ${what} ${quote(word)} is not allowed.`);
  };
}

/** Judges capabilities that are added; Docker takes one alone as well. */
export const judgeCapabilities: Judge = (place, settings) => {
  for (const item of place.listOrText()) {
    const name = item.text().toUpperCase().replace(/^CAP_/, "");
    if (settings.capabilities.includes(name) || settings.capabilities.includes("ALL")) continue;
    item.deny("capability-added", `The capability ${quote(name)} may not be added.`);
  }
};

/** Judges settings of the kernel, by their names. */
export const judgeSysctls: Judge = (place, settings) => {
  for (const [name, item] of place.members()) {
    if (settings.sysctls.includes(name)) continue;
    item.deny("runtime-option", `The kernel's setting ${quote(name)} is not allowed.`);
  }
};

export const judgeLogDriver: Judge = oneOf("log driver", ({ logDrivers }) => logDrivers);

const devices: Judge = (place, settings) => {
  for (const item of place.list()) {
    const path = item.get("PathOnHost").text();
    const isAllowed = settings.devices.some((one) => path === one || path.startsWith(`${one}/`)) &&
      !path.split("/").includes("..");
    if (!isAllowed) item.deny("device", `The device ${quote(path)} is not allowed.`);
  }
};

const deviceAccess: Judge = (place) => {
  if (!place.isEmpty) place.deny("device", "Access to devices is not allowed in this way.");
};

export const securityOptions: Judge = (place, settings) => {
  for (const item of place.list()) {
    const text = item.text();
    if (settings.securityOptions.includes(text)) continue;
    item.deny("security-option", `The security option ${quote(text)} is not allowed.`);
  }
};

function spared(place: Place): void {
  place.deny("runtime-option", "No container may be kept from being ended for want of memory.");
}

/** The paths below /proc and /sys that Docker hides, or keeps from being written to, at the least. */
const MASKED = [
  ...["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats"],
  ...["/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
];
const READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** A client leaves it to Docker, which hides more than it once did; and an empty list hides nothing. */
const hiddenPaths: Judge = (place) =>
  place.deny("masked-path", "What Docker hides of /proc and /sys may not be set.");

/** What is hidden of a container that is there. */
function paths(least: readonly string[]): Judge {
  return (place) => {
    const given = place.list().map((item) => item.text());
    const missing = least.filter((path) => !given.includes(path));
    if (missing.length === 0) return;
    place.deny("masked-path", `${missing.join(", ")} may not be opened to the container.`);
  };
}

const RESOURCES =
  "CpuShares Memory NanoCpus BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps " +
  "BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime " +
  "CpusetCpus CpusetMems KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness " +
  "PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth";

/** Every field of a host configuration. @see moby, api/types/container/hostconfig.go */
const HOST_JUDGES: Readonly<Record<string, Judge>> = {
  Privileged: privileged,
  Binds: (place, settings) => place.list().forEach((item) => judgeBind(item, settings)),
  Mounts: (place, settings) => place.list().forEach((item) => judgeMount(item, settings)),
  VolumesFrom: shared,
  Links: shared,
  VolumeDriver: (place, settings) => {
    const name = place.text();
    if (name === "" || settings.volumeDrivers.includes(name)) return;
    place.deny("volume-driver", `The volume driver ${quote(name)} is not allowed.`);
  },
  CapAdd: judgeCapabilities,
  Devices: devices,
  DeviceCgroupRules: deviceAccess,
  DeviceRequests: deviceAccess,
  SecurityOpt: securityOptions,
  MaskedPaths: hiddenPaths,
  ReadonlyPaths: hiddenPaths,
  NetworkMode: namespace("network"),
  PidMode: namespace("pid"),
  IpcMode: namespace("ipc"),
  UTSMode: namespace("uts"),
  UsernsMode: namespace("user"),
  CgroupnsMode: namespace("cgroup"),
  Cgroup: shared,
  CgroupParent: option("The parent of control groups"),
  Annotations: option("Annotations for the runtime"),
  OomScoreAdj: (place) => {
    if (typeof place.value !== "number" || place.value < 0) spared(place);
  },
  OomKillDisable: (place) => {
    if (place.flag()) spared(place);
  },
  Runtime: oneOf("runtime", ({ runtimes }) => runtimes),
  LogConfig: (place, settings) =>
    judgeFields(place, fields("Config", { Type: judgeLogDriver }), settings),
  Sysctls: judgeSysctls,
};

const HOST: Fields = fields(
  `${RESOURCES} ContainerIDFile PortBindings RestartPolicy AutoRemove ConsoleSize CapDrop Dns ` +
    "DnsOptions DnsSearch ExtraHosts GroupAdd PublishAllPorts ReadonlyRootfs StorageOpt Tmpfs ShmSize " +
    "Isolation Init",
  HOST_JUDGES,
);

/** The same of a container that is there. */
export const INSPECT_HOST: Fields = new Map([
  ...HOST,
  ["MaskedPaths", paths(MASKED)],
  ["ReadonlyPaths", paths(READ_ONLY)],
]);

/** Of a configuration without its host's part. */
export const CONFIG: Fields = fields(
  "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin " +
    "StdinOnce Env Cmd ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress " +
    "OnBuild Labels StopSignal StopTimeout Shell Healthcheck",
);

const NETWORKING: Fields = fields("", { EndpointsConfig: judgeEndpoints });

/** The host configuration counts at the top as well, up to Docker 25. */
const CREATE: Fields = new Map([
  ...HOST,
  ...NETWORKING,
  ...CONFIG,
  ...fields(
    "Cpuset",
    {
      HostConfig: judgeHostConfig,
      NetworkingConfig: (place, settings) => judgeFields(place, NETWORKING, settings),
    },
  ),
]);
