import { DRIVER, fields, HEALTHCHECK, MOUNT, type Shape, type Structure } from "./docker-schema.ts";

const FILE = fields("Name UID GID Mode");

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
    Secrets: { items: fields("SecretID SecretName", { File: FILE }) },
    Configs: { items: fields("ConfigID ConfigName Runtime", { File: FILE }) },
    Ulimits: { items: fields("Name Soft Hard") },
  },
);

const PRIVILEGES: Shape = { items: fields("Name Description Value") };

const GENERIC_RESOURCES: Shape = {
  items: fields("", {
    NamedResourceSpec: fields("Kind Value"),
    DiscreteResourceSpec: fields("Kind Value"),
  }),
};

const NETWORK_ATTACHMENTS: Shape = { items: fields("Target Aliases DriverOpts") };

const UPDATE_CONFIG = fields("Parallelism Delay FailureAction Monitor MaxFailureRatio Order");

/**
 * `POST /services/create` and `/services/{id}/update`.
 *
 * @see moby, api/types/swarm
 */
export const SERVICE_SPEC: Structure = fields("Name Labels", {
  TaskTemplate: fields("ForceUpdate Runtime", {
    ContainerSpec: CONTAINER_SPEC,
    // The daemon's own name is "privileges", swagger's another one.
    PluginSpec: fields("Name Remote Disabled Env", {
      Privileges: PRIVILEGES,
      PluginPrivilege: PRIVILEGES,
    }),
    NetworkAttachmentSpec: fields("ContainerID"),
    Resources: fields("SwapBytes MemorySwappiness", {
      Limits: fields("NanoCPUs MemoryBytes Pids", { GenericResources: GENERIC_RESOURCES }),
      Reservations: fields("NanoCPUs MemoryBytes Pids", { GenericResources: GENERIC_RESOURCES }),
    }),
    RestartPolicy: fields("Condition Delay MaxAttempts Window"),
    Placement: fields("Constraints MaxReplicas", {
      Preferences: { items: fields("", { Spread: fields("SpreadDescriptor") }) },
      Platforms: { items: fields("Architecture OS") },
    }),
    LogDriver: DRIVER,
    Networks: NETWORK_ATTACHMENTS,
  }),
  Mode: fields("", {
    Replicated: fields("Replicas"),
    Global: fields(""),
    ReplicatedJob: fields("MaxConcurrent TotalCompletions"),
    GlobalJob: fields(""),
  }),
  UpdateConfig: UPDATE_CONFIG,
  RollbackConfig: UPDATE_CONFIG,
  Networks: NETWORK_ATTACHMENTS,
  EndpointSpec: fields("Mode", {
    Ports: { items: fields("Name Protocol TargetPort PublishedPort PublishMode") },
  }),
});

/** `POST /swarm/update`. */
export const SWARM_SPEC: Structure = fields("Name Labels", {
  Orchestration: fields("TaskHistoryRetentionLimit"),
  Raft: fields(
    "SnapshotInterval KeepOldSnapshots LogEntriesForSlowFollowers ElectionTick HeartbeatTick",
  ),
  Dispatcher: fields("HeartbeatPeriod"),
  CAConfig: fields("NodeCertExpiry SigningCACert SigningCAKey ForceRotate", {
    ExternalCAs: { items: fields("Protocol URL Options CACert") },
  }),
  TaskDefaults: fields("", { LogDriver: DRIVER }),
  EncryptionConfig: fields("AutoLockManagers"),
});

const SWARM_MEMBER = "ListenAddr AdvertiseAddr DataPathAddr Availability";

/** `POST /swarm/init`. */
export const SWARM_INIT: Structure = fields(
  `${SWARM_MEMBER} DataPathPort ForceNewCluster AutoLockManagers DefaultAddrPool SubnetSize`,
  { Spec: SWARM_SPEC },
);

/** `POST /swarm/join`. */
export const SWARM_JOIN: Structure = fields(`${SWARM_MEMBER} RemoteAddrs JoinToken`);

/** `POST /swarm/unlock`. */
export const SWARM_UNLOCK: Structure = fields("UnlockKey");

/** `POST /nodes/{id}/update`. */
export const NODE_SPEC: Structure = fields("Name Labels Role Availability");

/** `POST /secrets/create`, `/configs/create` and the updates of both. */
export const SECRET_SPEC: Structure = fields("Name Labels Data", {
  Driver: DRIVER,
  Templating: DRIVER,
});
