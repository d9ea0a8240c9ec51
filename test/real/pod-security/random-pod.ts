import type { JsonObject, JsonValue } from "../../../src/json.ts";

/** Whole numbers from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** The same numbers for the same seed everywhere. @see https://en.wikipedia.org/wiki/Xorshift */
export function xorshift(seed: number): Random {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** Something of a field's type, or undefined for no such field. */
type Make = (random: Random) => JsonValue | undefined;

const oneOf = (...values: (JsonValue | undefined)[]): Make => (random) =>
  values[random(values.length)];
const FLAG = oneOf(undefined, undefined, null, true, false);

/** Each of `members` as it is made; undefined once in `rarity` times, if that is given. */
const object = (members: Readonly<Record<string, Make>>, rarity = 0): Make => (random) => {
  if (rarity > 0 && random(rarity) === 0) return undefined;
  const made: JsonObject = {};
  for (const [key, make] of Object.entries(members)) {
    const value = make(random);
    if (value !== undefined) made[key] = value;
  }
  return made;
};

const list = (item: Make, most: number): Make => (random) =>
  Array.from({ length: random(most + 1) }, () => item(random) ?? {});

/** Seldom something else than what is most often right, so that some pods pass. */
const mostly = (usual: JsonValue | undefined, make: Make): Make => (random) =>
  random(5) > 0 ? usual : make(random);

const PROFILE = mostly(
  undefined,
  object({ type: oneOf("RuntimeDefault", "Localhost", "Unconfined", "", "runtimedefault") }),
);

const SELINUX = object({
  type: oneOf(undefined, "", "container_t", "container_engine_t", "spc_t"),
  user: mostly(undefined, oneOf("", "system_u")),
  role: mostly(undefined, oneOf("", "system_r")),
});

const WINDOWS = object({ hostProcess: FLAG, runAsUserName: oneOf(undefined, "x") });

const USER = mostly(undefined, oneOf(0, 1000, null));

const ACTION = object({ host: oneOf(undefined, "", "127.0.0.1", null), port: () => 80 });

const PROBE = mostly(undefined, object({ httpGet: ACTION, tcpSocket: ACTION }));

const CAPABILITY = oneOf("NET_BIND_SERVICE", "CHOWN", "NET_RAW", "SYS_ADMIN", "ALL", "chown", "");

const CONTAINER = object({
  name: oneOf("a", "b", "c"),
  image: () => "registry.example/a:1",
  ports: mostly(undefined, list(object({ hostPort: oneOf(undefined, null, 0, 80) }), 2)),
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: mostly(undefined, object({ postStart: PROBE, preStop: PROBE })),
  securityContext: object({
    privileged: mostly(undefined, FLAG),
    allowPrivilegeEscalation: mostly(false, FLAG),
    runAsNonRoot: mostly(true, FLAG),
    runAsUser: USER,
    procMount: mostly(undefined, oneOf("Default", "Unmasked", "", null)),
    capabilities: object({
      add: mostly(undefined, list(CAPABILITY, 2)),
      drop: mostly(["ALL"], list(CAPABILITY, 2)),
    }, 8),
    seccompProfile: PROFILE,
    appArmorProfile: PROFILE,
    seLinuxOptions: mostly(undefined, SELINUX),
    windowsOptions: mostly(undefined, WINDOWS),
  }, 8),
});

const SYSCTL = oneOf(
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_notsent_lowat",
  "kernel.msgmax",
  "",
);

/** Of Kubernetes' types, and none. */
const VOLUME_TYPES =
  ("awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir " +
    "ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi nfs " +
    "persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret " +
    "storageos vsphereVolume").split(" ");

const VOLUME: Make = (random) => {
  const type = VOLUME_TYPES[random(VOLUME_TYPES.length + 1)];
  return { name: "v", ...(type === undefined ? {} : { [type]: random(9) > 0 ? {} : null }) };
};

const ANNOTATION = oneOf(
  undefined,
  undefined,
  "runtime/default",
  "docker/default",
  "localhost/x",
  "unconfined",
  "",
);

const POD = object({
  apiVersion: () => "v1",
  kind: () => "Pod",
  metadata: object({
    annotations: mostly(
      undefined,
      object({
        "container.apparmor.security.beta.kubernetes.io/a": ANNOTATION,
        "container.apparmor.security.beta.kubernetes.io/x": ANNOTATION,
        "seccomp.security.alpha.kubernetes.io/pod": ANNOTATION,
        "container.seccomp.security.alpha.kubernetes.io/a": ANNOTATION,
        "container.seccomp.security.alpha.kubernetes.io/b": ANNOTATION,
        "container.seccomp.security.alpha.kubernetes.io/x": ANNOTATION,
      }),
    ),
  }),
  spec: object({
    hostNetwork: mostly(undefined, FLAG),
    hostPID: mostly(undefined, FLAG),
    hostIPC: mostly(undefined, FLAG),
    hostUsers: FLAG,
    os: mostly(undefined, object({ name: oneOf("windows", "linux", "Windows") })),
    securityContext: object({
      runAsNonRoot: mostly(true, FLAG),
      runAsUser: USER,
      seccompProfile: mostly({ type: "RuntimeDefault" }, PROFILE),
      appArmorProfile: PROFILE,
      seLinuxOptions: mostly(undefined, SELINUX),
      windowsOptions: mostly(undefined, WINDOWS),
      sysctls: mostly(undefined, list(object({ name: SYSCTL, value: () => "1" }), 2)),
    }, 8),
    initContainers: mostly(undefined, list(CONTAINER, 1)),
    containers: (random) => [CONTAINER(random)!, ...list(CONTAINER, 1)(random) as JsonValue[]],
    ephemeralContainers: mostly(undefined, list(CONTAINER, 1)),
    volumes: mostly(undefined, list(VOLUME, 2)),
  }),
});

/** A pod whose fields have the right types and any values. */
export function randomPod(random: Random): JsonObject {
  return POD(random) as JsonObject;
}

const STRANGE: readonly JsonValue[] = [
  ...[null, true, "true", "false", "", "0", 0, -1, 1.5, 2 ** 53, "9007199254740993"],
  ...[[], [null], ["x"], [[]], {}, { name: 5 }],
];

/** `value` with something of any type in one place of it. */
export function disturb(value: JsonValue, random: Random): JsonValue {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || random(40) === 0) return STRANGE[random(STRANGE.length)]!;
  const key = keys[random(keys.length)]!;
  if (Array.isArray(value)) {
    return value.map((item, i) => i === Number(key) ? disturb(item, random) : item);
  }
  return { ...value as JsonObject, [key]: disturb((value as JsonObject)[key]!, random) };
}
