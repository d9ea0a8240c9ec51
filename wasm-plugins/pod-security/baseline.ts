import type { Check, Control } from "./control.ts";
import { allowOnly, forbidText, forbidTrue, requireOneOf } from "./value.ts";

/** Types of seccomp and AppArmor profiles that do not lift what the runtime restricts. */
export const PROFILE_TYPES: readonly string[] = ["RuntimeDefault", "Localhost"];

/** What container runtimes give by themselves, without NET_RAW. */
const CAPABILITIES: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t"];
const SELINUX_TYPES_31 = [...SELINUX_TYPES, "container_engine_t"];

const SYSCTLS = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const SYSCTLS_27 = [...SYSCTLS, "net.ipv4.ip_local_reserved_ports"];
const SYSCTLS_29 = [
  ...SYSCTLS_27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const SYSCTLS_32 = [...SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
const SYSCTLS_37 = [
  ...SYSCTLS_32,
  "net.ipv4.tcp_slow_start_after_idle",
  "net.ipv4.tcp_notsent_lowat",
];

const HIGHEST_PORT = 65_535;

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/";

const hostProcess: Check = (pod, deny) => {
  for (const context of pod.securityContexts) {
    forbidTrue(context.at("windowsOptions", "hostProcess"), deny);
  }
};

const hostNamespaces: Check = (pod, deny) => {
  for (const name of ["hostNetwork", "hostPID", "hostIPC"]) forbidTrue(pod.spec.at(name), deny);
};

const privilegedContainers: Check = (pod, deny) => {
  for (const container of pod.containers) {
    forbidTrue(container.at("securityContext", "privileged"), deny);
  }
};

/** Lets containers add no capability but `allowed`. */
export function addOnly(allowed: readonly string[]): Check {
  return (pod, deny) => {
    for (const container of pod.containers) {
      const added = container.at("securityContext", "capabilities", "add");
      for (const capability of added.items()) requireOneOf(allowed, capability, deny);
    }
  };
}

const hostPathVolumes: Check = (pod, deny) => {
  for (const volume of pod.volumes) {
    const hostPath = volume.at("hostPath");
    if (hostPath.object() !== undefined) deny(hostPath, "allowed: volumes of other types");
  }
};

const hostPorts: Check = (pod, deny) => {
  for (const container of pod.containers) {
    for (const port of container.at("ports").items()) {
      const hostPort = port.at("hostPort");
      if ((hostPort.integer(HIGHEST_PORT) ?? 0) !== 0) deny(hostPort, "allowed: 0 or not set");
    }
  }
};

const HANDLERS = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
];

const hostProbes: Check = (pod, deny) => {
  for (const container of pod.containers) {
    for (const steps of HANDLERS) {
      for (const action of ["httpGet", "tcpSocket"]) {
        forbidText(container.at(...steps, action, "host"), deny);
      }
    }
  }
};

const apparmor: Check = (pod, deny) => {
  for (const context of pod.securityContexts) {
    const profile = context.at("appArmorProfile");
    if (!profile.isAbsent) requireOneOf(PROFILE_TYPES, profile.at("type"), deny);
  }
  for (const [key, annotation] of pod.annotations) {
    if (!key.startsWith(APPARMOR_ANNOTATION)) continue;
    const profile = annotation.text() ?? "";
    if (profile !== "" && profile !== "runtime/default" && !profile.startsWith("localhost/")) {
      deny(annotation, 'allowed: "runtime/default", "localhost/…", empty or not set');
    }
  }
};

function selinux(types: readonly string[]): Check {
  return (pod, deny) => {
    for (const context of pod.securityContexts) {
      const options = context.at("seLinuxOptions");
      allowOnly(types, options.at("type"), deny);
      forbidText(options.at("user"), deny);
      forbidText(options.at("role"), deny);
    }
  };
}

/** From 1.35 on restricted keeps this check, where baseline lets user namespaces do as they like. */
export const procMountType: Check = (pod, deny) => {
  for (const container of pod.containers) {
    allowOnly(["Default"], container.at("securityContext", "procMount"), deny);
  }
};

const procMountType35: Check = (pod, deny) => {
  if (!pod.hasUserNamespace) procMountType(pod, deny);
};

const seccompAnnotations: Check = (pod, deny) => {
  const keys = new Set([SECCOMP_POD_ANNOTATION]);
  for (const container of pod.containers) {
    keys.add(`${SECCOMP_CONTAINER_ANNOTATION}${container.at("name").text() ?? ""}`);
  }
  for (const key of keys) {
    const annotation = pod.annotations.get(key);
    const profile = annotation?.text();
    if (annotation === undefined || profile?.startsWith("localhost/")) continue;
    if (profile === "runtime/default" || profile === "docker/default") continue;
    deny(annotation, 'allowed: "runtime/default", "docker/default", "localhost/…" or not set');
  }
};

const seccomp: Check = (pod, deny) => {
  for (const context of pod.securityContexts) {
    const profile = context.at("seccompProfile");
    if (!profile.isAbsent) requireOneOf(PROFILE_TYPES, profile.at("type"), deny);
  }
};

function sysctls(allowed: readonly string[]): Check {
  return (pod, deny) => {
    for (const sysctl of pod.spec.at("securityContext", "sysctls").items()) {
      requireOneOf(allowed, sysctl.at("name"), deny);
    }
  };
}

/**
 * The controls of the level "baseline".
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 * @see k8s.io/pod-security-admission, policy/check_*.go, for what holds since which version
 */
export const BASELINE: readonly Control[] = [
  { rule: "hostprocess", level: "baseline", since: [[0, hostProcess]] },
  { rule: "host-namespaces", level: "baseline", since: [[0, hostNamespaces]] },
  { rule: "privileged-containers", level: "baseline", since: [[0, privilegedContainers]] },
  { rule: "capabilities", level: "baseline", since: [[0, addOnly(CAPABILITIES)]] },
  { rule: "hostpath-volumes", level: "baseline", since: [[0, hostPathVolumes]] },
  { rule: "host-ports", level: "baseline", since: [[0, hostPorts]] },
  { rule: "host-probes-lifecycle-hooks", level: "baseline", since: [[34, hostProbes]] },
  { rule: "apparmor", level: "baseline", since: [[0, apparmor]] },
  {
    rule: "selinux",
    level: "baseline",
    since: [[0, selinux(SELINUX_TYPES)], [31, selinux(SELINUX_TYPES_31)]],
  },
  {
    rule: "proc-mount-type",
    level: "baseline",
    since: [[0, procMountType], [35, procMountType35]],
  },
  { rule: "seccomp", level: "baseline", since: [[0, seccompAnnotations], [19, seccomp]] },
  {
    rule: "sysctls",
    level: "baseline",
    since: [
      [0, sysctls(SYSCTLS)],
      [27, sysctls(SYSCTLS_27)],
      [29, sysctls(SYSCTLS_29)],
      [32, sysctls(SYSCTLS_32)],
      [37, sysctls(SYSCTLS_37)],
    ],
  },
];
