import { addOnly, procMountType, PROFILE_TYPES } from "./baseline.ts";
import type { Check, Control } from "./control.ts";
import { isOneOf, list, requireOneOf } from "./value.ts";

/** Types of volumes that are made for the pod, or come through a claim or a driver. */
const VOLUME_TYPES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** The API server's bound. @see k8s.io/apimachinery, IsValidUserID */
const HIGHEST_USER = 2 ** 31 - 1;

/**
 * Judges each type that a volume names, of which the API server takes one alone. A volume that names
 * none becomes an emptyDir.
 */
const volumeTypes: Check = (pod, deny) => {
  for (const volume of pod.volumes) {
    for (const [type, source] of volume.members()) {
      if (type === "name") continue;
      if (VOLUME_TYPES.includes(type)) source.object();
      else deny(source, `allowed types of volumes: ${VOLUME_TYPES.join(", ")}`);
    }
  }
};

const privilegeEscalation: Check = (pod, deny) => {
  for (const container of pod.containers) {
    const flag = container.at("securityContext", "allowPrivilegeEscalation");
    if (flag.boolean() !== false) deny(flag, "allowed: false");
  }
};

const runningAsNonRoot: Check = (pod, deny) => {
  const [ofPod, ...ofContainers] = pod.securityContexts.map((it) => it.at("runAsNonRoot"));
  const ofWhole = ofPod!.boolean();
  if (ofWhole === false) deny(ofPod!, "allowed: true, or not set where each container sets it");
  for (const flag of ofContainers) {
    const value = flag.boolean();
    if (value === false) deny(flag, "allowed: true, or not set where the pod sets it");
    // Where the pod says false, that is what has to be mended.
    if (flag.isAbsent && ofPod!.isAbsent) deny(flag, "allowed: true, here or for the pod");
  }
};

const runningAsNonRootUser: Check = (pod, deny) => {
  for (const context of pod.securityContexts) {
    const user = context.at("runAsUser");
    if (user.integer(HIGHEST_USER) === 0) deny(user, "allowed: any user but 0, or not set");
  }
};

const seccomp: Check = (pod, deny) => {
  const [ofPod, ...ofContainers] = pod.securityContexts.map((it) => it.at("seccompProfile"));
  if (!ofPod!.isAbsent) requireOneOf(PROFILE_TYPES, ofPod!.at("type"), deny);
  for (const profile of ofContainers) {
    if (!profile.isAbsent) requireOneOf(PROFILE_TYPES, profile.at("type"), deny);
    else if (ofPod!.isAbsent) {
      deny(profile.at("type"), `allowed: ${list(PROFILE_TYPES)}, here or for the pod`);
    }
  }
};

const capabilities: Check = (pod, deny) => {
  for (const container of pod.containers) {
    const dropped = container.at("securityContext", "capabilities", "drop");
    const isAll = dropped.items().map((it) => isOneOf(["ALL"], it)).includes(true);
    if (!isAll) deny(dropped, 'must contain "ALL"');
  }
  addOnly(["NET_BIND_SERVICE"])(pod, deny);
};

/** What only Linux has, and pods for Windows could not even set. */
function exceptOnWindows(check: Check): Check {
  return (pod, deny) => {
    if (!pod.isWindows) check(pod, deny);
  };
}

/** What makes no difference where root in the pod is nobody outside of it. */
function exceptInUserNamespace(check: Check): Check {
  return (pod, deny) => {
    if (!pod.hasUserNamespace) check(pod, deny);
  };
}

/**
 * The controls of the level "restricted", besides those of "baseline".
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 * @see k8s.io/pod-security-admission, policy/check_*.go, for what holds since which version
 */
export const RESTRICTED: readonly Control[] = [
  {
    rule: "volume-types",
    level: "restricted",
    since: [[0, volumeTypes]],
    replaces: "hostpath-volumes",
  },
  {
    rule: "privilege-escalation",
    level: "restricted",
    since: [[8, privilegeEscalation], [25, exceptOnWindows(privilegeEscalation)]],
  },
  {
    rule: "running-as-non-root",
    level: "restricted",
    since: [[0, runningAsNonRoot], [35, exceptInUserNamespace(runningAsNonRoot)]],
  },
  {
    rule: "running-as-non-root-user",
    level: "restricted",
    since: [[23, runningAsNonRootUser], [35, exceptInUserNamespace(runningAsNonRootUser)]],
  },
  {
    rule: "seccomp-restricted",
    level: "restricted",
    since: [[19, seccomp], [25, exceptOnWindows(seccomp)]],
    replaces: "seccomp",
  },
  {
    rule: "capabilities-restricted",
    level: "restricted",
    since: [[22, capabilities], [25, exceptOnWindows(capabilities)]],
    replaces: "capabilities",
  },
  {
    rule: "proc-mount-type",
    level: "restricted",
    since: [[35, procMountType]],
    replaces: "proc-mount-type",
  },
];
