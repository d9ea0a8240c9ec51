import { checksOf, CONTROLS } from "../../../wasm-plugins/pod-security/checks.ts";
import type { Control, Level } from "../../../wasm-plugins/pod-security/control.ts";

/** Upstream's checks by their ids, and the rules of ours that stand for them. */
const RULES: Readonly<Record<string, string>> = {
  allowPrivilegeEscalation: "privilege-escalation",
  appArmorProfile: "apparmor",
  capabilities_baseline: "capabilities",
  capabilities_restricted: "capabilities-restricted",
  hostNamespaces: "host-namespaces",
  hostPathVolumes: "hostpath-volumes",
  hostPorts: "host-ports",
  hostProbesAndHostLifecycle: "host-probes-lifecycle-hooks",
  privileged: "privileged-containers",
  procMount: "proc-mount-type",
  procMount_restricted: "proc-mount-type",
  restrictedVolumes: "volume-types",
  runAsNonRoot: "running-as-non-root",
  runAsUser: "running-as-non-root-user",
  seLinuxOptions: "selinux",
  seccompProfile_baseline: "seccomp",
  seccompProfile_restricted: "seccomp-restricted",
  sysctls: "sysctls",
  windowsHostProcess: "hostprocess",
};

/** Ids of the checks that have a rule, sorted. */
export const CHECK_IDS: readonly string[] = Object.keys(RULES).sort();

/** The rule for a check, whose id may be in lower case, as it is in the names of fixtures. */
export function ruleOf(id: string): string | undefined {
  return Object.entries(RULES).find(([known]) => known.toLowerCase() === id.toLowerCase())?.[1];
}

/** The control for a check of one level. */
export function controlOf(id: string, level: string): Control | undefined {
  return CONTROLS.find((control) => control.rule === ruleOf(id) && control.level === level);
}

/** The rule that denies what a check forbids, which at level restricted may be that of another one. */
export function denyingRule(id: string, level: Level, minor: number): string | undefined {
  const rule = ruleOf(id);
  const active = checksOf(level, minor).map((check) => check.rule);
  if (rule === undefined || active.includes(rule)) return rule;
  return CONTROLS.find((control) => control.replaces === rule && active.includes(control.rule))
    ?.rule;
}
