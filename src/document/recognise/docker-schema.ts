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
export function fields(
  leaves: string,
  shaped: { readonly [field: string]: Shape } = {},
): Structure {
  const names = leaves.split(/\s+/).filter((name) => name !== "");
  return { fields: { ...Object.fromEntries(names.map((name) => [name, null])), ...shaped } };
}

/** One structure with the fields of several; a field that two have gets what both know of it. */
export function union(...structures: readonly Structure[]): Structure {
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

export const DRIVER: Structure = fields("Name Options");

export const MOUNT: Structure = fields("Type Source Target ReadOnly Consistency", {
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

/** What a container gets of its host. */
export const HOST_CONFIG: Structure = fields(
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

export const HEALTHCHECK: Structure = fields(
  "Test Interval Timeout Retries StartPeriod StartInterval",
);

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

/** `POST /networks/{id}/connect` and `/networks/{id}/disconnect`. */
export const NETWORK_CONNECT: Structure = fields("Container Force", { EndpointConfig: ENDPOINT });

/** `POST /exec/{id}/start`. */
export const EXEC_START: Structure = fields("Detach Tty ConsoleSize");

/** `POST /containers/{id}/checkpoints`. */
export const CHECKPOINT_CREATE: Structure = fields("CheckpointID CheckpointDir Exit");

/** `POST /containers/{id}/copy`, up to version 1.23 of the API. */
export const CONTAINER_COPY: Structure = fields("Resource");

/** What `POST /plugins/pull` grants. */
export const PLUGIN_PRIVILEGES: Shape = { items: fields("Name Description Value") };

const TOPOLOGIES: Shape = { items: fields("Segments") };

const CLUSTER_VOLUME_SPEC = fields("Group Availability", {
  AccessMode: fields("Scope Sharing", {
    MountVolume: fields("FsType MountFlags"),
    BlockVolume: fields(""),
  }),
  AccessibilityRequirements: fields("", { Requisite: TOPOLOGIES, Preferred: TOPOLOGIES }),
  CapacityRange: fields("RequiredBytes LimitBytes"),
  Secrets: { items: fields("Key Secret") },
});

/** `POST /volumes/create`. */
export const VOLUME_CREATE: Structure = fields("Name Driver DriverOpts Labels", {
  ClusterVolumeSpec: CLUSTER_VOLUME_SPEC,
});

/** `PUT /volumes/{name}`, of a volume of the cluster. */
export const VOLUME_UPDATE: Structure = fields("", { Spec: CLUSTER_VOLUME_SPEC });

/** `docker inspect` of a container or an image, and an image's own configuration. */
export const INSPECT: Structure = fields("Id Image RepoTags RepoDigests Os Architecture", {
  Config: { fields: CONTAINER_CONFIG_FIELDS },
  ContainerConfig: { fields: CONTAINER_CONFIG_FIELDS },
  HostConfig: HOST_CONFIG,
  Mounts: { items: fields("Type Name Source Destination Driver Mode RW Propagation") },
});

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
