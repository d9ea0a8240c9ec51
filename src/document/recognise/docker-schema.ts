/**
 * What of a Docker body is a structure of the API, whose field names Go folds, and what is data.
 * `null` is a leaf, or data whose keys are the user's own.
 *
 * @see moby, api/swagger.yaml
 */
export type Shape =
  | null
  | Structure
  | { readonly items: Shape }
  | { readonly values: Shape };

/** A structure of the API, by the names of its fields. */
export interface Structure {
  readonly fields: { readonly [field: string]: Shape };
}

/** A structure: some fields that are leaves, by name, and some with a shape of their own. */
function fields(leaves: string, shaped: { readonly [field: string]: Shape } = {}): Structure {
  const names = leaves.split(/\s+/).filter((name) => name !== "");
  return { fields: { ...Object.fromEntries(names.map((name) => [name, null])), ...shaped } };
}

/** One structure with the fields of several; a field that two have gets what both know of it. */
function union(...structures: readonly Structure[]): Structure {
  const all: { [field: string]: Shape } = {};
  for (const { fields } of structures) {
    for (const [name, shape] of Object.entries(fields)) {
      all[name] = Object.hasOwn(all, name) ? unite(all[name]!, shape) : shape;
    }
  }
  return { fields: all };
}

function unite(one: Shape, other: Shape): Shape {
  if (one === null || other === null) return one ?? other;
  if ("fields" in one && "fields" in other) return union(one, other);
  if ("items" in one && "items" in other) return { items: unite(one.items, other.items) };
  if ("values" in one && "values" in other) return { values: unite(one.values, other.values) };
  throw new TypeError("two structures of the Docker API give one field two shapes");
}

const DRIVER = fields("Name Options");

const MOUNT = fields("Type Source Target ReadOnly Consistency", {
  BindOptions: fields(
    "Propagation NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive",
  ),
  VolumeOptions: fields("NoCopy Labels Subpath", { DriverConfig: DRIVER }),
  ImageOptions: fields("Subpath"),
  TmpfsOptions: fields("SizeBytes Mode Options"),
  ClusterOptions: fields(""),
});

const RESOURCE_FIELDS = {
  ...fields(
    "CpuShares Memory CgroupParent BlkioWeight CpuPeriod CpuQuota CpuRealtimePeriod " +
      "CpuRealtimeRuntime CpusetCpus CpusetMems DeviceCgroupRules KernelMemory KernelMemoryTCP " +
      "MemoryReservation MemorySwap MemorySwappiness NanoCpus OomKillDisable Init PidsLimit " +
      "CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth",
  ).fields,
  BlkioWeightDevice: { items: fields("Path Weight") },
  BlkioDeviceReadBps: { items: fields("Path Rate") },
  BlkioDeviceWriteBps: { items: fields("Path Rate") },
  BlkioDeviceReadIOps: { items: fields("Path Rate") },
  BlkioDeviceWriteIOps: { items: fields("Path Rate") },
  Devices: { items: fields("PathOnHost PathInContainer CgroupPermissions") },
  DeviceRequests: { items: fields("Driver Count DeviceIDs Capabilities Options") },
  Ulimits: { items: fields("Name Soft Hard") },
};

const RESTART_POLICY = fields("Name MaximumRetryCount");

const HOST_CONFIG = fields(
  "Binds ContainerIDFile NetworkMode AutoRemove VolumeDriver VolumesFrom ConsoleSize Annotations " +
    "CapAdd CapDrop CgroupnsMode Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links " +
    "OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt StorageOpt Tmpfs " +
    "UTSMode UsernsMode ShmSize Sysctls Runtime Isolation MaskedPaths ReadonlyPaths",
  {
    ...RESOURCE_FIELDS,
    LogConfig: fields("Type Config"),
    PortBindings: { values: { items: fields("HostIp HostPort") } },
    RestartPolicy: RESTART_POLICY,
    Mounts: { items: MOUNT },
  },
);

const HEALTHCHECK = fields("Test Interval Timeout Retries StartPeriod StartInterval");

const CONTAINER_CONFIG_FIELDS = {
  ...fields(
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin " +
      "StdinOnce Env Cmd ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress " +
      "OnBuild Labels StopSignal StopTimeout Shell",
  ).fields,
  Healthcheck: HEALTHCHECK,
};

const ENDPOINT = fields(
  "Links MacAddress Aliases DriverOpts GwPriority NetworkID EndpointID Gateway IPAddress IPPrefixLen " +
    "IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen DNSNames",
  { IPAMConfig: fields("IPv4Address IPv6Address LinkLocalIPs") },
);

const NETWORKING_CONFIG = fields("", { EndpointsConfig: { values: ENDPOINT } });

/**
 * `POST /containers/create`. Daemons up to 25 embed the host's and the network's configuration, so
 * that these fields count at the top as well where "HostConfig" is absent.
 *
 * @see moby v20.10 to v25.0, runconfig/config.go and config_unix.go, ContainerConfigWrapper
 */
export const CONTAINER_CREATE: Structure = union(
  { fields: CONTAINER_CONFIG_FIELDS },
  HOST_CONFIG,
  NETWORKING_CONFIG,
  fields("Cpuset", { HostConfig: HOST_CONFIG, NetworkingConfig: NETWORKING_CONFIG }),
);

/** `POST /containers/{id}/update`. */
export const CONTAINER_UPDATE: Structure = fields("", {
  ...RESOURCE_FIELDS,
  RestartPolicy: RESTART_POLICY,
});

/** `POST /containers/{id}/exec`. */
export const EXEC_CREATE: Structure = fields(
  "AttachStdin AttachStdout AttachStderr ConsoleSize DetachKeys Detach Tty Env Cmd Privileged User " +
    "WorkingDir",
);

/** `POST /networks/create`. */
export const NETWORK_CREATE: Structure = fields(
  "Name CheckDuplicate Driver Scope Internal Attachable Ingress ConfigOnly EnableIPv4 EnableIPv6 " +
    "Options Labels",
  {
    ConfigFrom: fields("Network"),
    IPAM: fields("Driver Options", {
      Config: { items: fields("Subnet IPRange Gateway AuxiliaryAddresses") },
    }),
  },
);

/** `POST /networks/{id}/connect`. */
export const NETWORK_CONNECT: Structure = fields("Container", { EndpointConfig: ENDPOINT });

/** `POST /volumes/create`. */
export const VOLUME_CREATE: Structure = fields("Name Driver DriverOpts Labels ClusterVolumeSpec");

const CONTAINER_SPEC = fields(
  "Image Labels Command Args Hostname Env Dir User Groups TTY OpenStdin ReadOnly StopSignal " +
    "StopGracePeriod Hosts Isolation Init Sysctls CapabilityAdd CapabilityDrop OomScoreAdj",
  {
    Privileges: fields("NoNewPrivileges", {
      CredentialSpec: fields("Config File Registry"),
      SELinuxContext: fields("Disable User Role Type Level"),
      Seccomp: fields("Mode Profile"),
      AppArmor: fields("Mode"),
    }),
    Mounts: { items: MOUNT },
    HealthCheck: HEALTHCHECK,
    DNSConfig: fields("Nameservers Search Options"),
    Secrets: { items: fields("SecretID SecretName", { File: fields("Name UID GID Mode") }) },
    Configs: {
      items: fields("ConfigID ConfigName Runtime", { File: fields("Name UID GID Mode") }),
    },
    Ulimits: { items: fields("Name Soft Hard") },
  },
);

const NETWORK_ATTACHMENTS: Shape = { items: fields("Target Aliases DriverOpts") };

/** `POST /services/create` and `/services/{id}/update`. */
export const SERVICE_SPEC: Structure = fields("Name Labels UpdateConfig RollbackConfig", {
  TaskTemplate: fields("ForceUpdate Runtime", {
    ContainerSpec: CONTAINER_SPEC,
    PluginSpec: fields("Name Remote Disabled", {
      PluginPrivilege: { items: fields("Name Description Value") },
    }),
    NetworkAttachmentSpec: fields("ContainerID"),
    Resources: fields("", {
      Limits: fields("NanoCPUs MemoryBytes Pids"),
      Reservations: fields("NanoCPUs MemoryBytes GenericResources"),
    }),
    RestartPolicy: fields("Condition Delay MaxAttempts Window"),
    Placement: fields("Constraints Preferences MaxReplicas Platforms"),
    LogDriver: DRIVER,
    Networks: NETWORK_ATTACHMENTS,
  }),
  Mode: fields("Global", { Replicated: fields("Replicas"), ReplicatedJob: null, GlobalJob: null }),
  Networks: NETWORK_ATTACHMENTS,
  EndpointSpec: fields("Mode", {
    Ports: { items: fields("Name Protocol TargetPort PublishedPort PublishMode") },
  }),
});

/** What `POST /plugins/pull` grants. */
export const PLUGIN_PRIVILEGES: Shape = { items: fields("Name Description Value") };

/** `docker inspect` of a container or an image, and an image's own configuration. */
const INSPECT: Structure = fields("Id Image RepoTags RepoDigests Os Architecture", {
  Config: { fields: CONTAINER_CONFIG_FIELDS },
  ContainerConfig: { fields: CONTAINER_CONFIG_FIELDS },
  HostConfig: HOST_CONFIG,
  Mounts: { items: fields("Type Name Source Destination Driver Mode RW Propagation") },
});

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

/** @see OCI image specification, config.md */
export const IMAGE_CONFIG: Structure = fields("architecture os variant author created", {
  config: { fields: CONTAINER_CONFIG_FIELDS },
  rootfs: fields("type diff_ids"),
});

const DESCRIPTOR = fields("mediaType digest size urls annotations data artifactType", {
  platform: fields("architecture os os.version os.features variant"),
});

/** OCI manifests and indexes, and Docker's of schema 2. @see OCI image specification, manifest.md */
export const MANIFEST: Structure = fields("schemaVersion mediaType artifactType annotations", {
  config: DESCRIPTOR,
  layers: { items: DESCRIPTOR },
  manifests: { items: DESCRIPTOR },
  subject: DESCRIPTOR,
});
