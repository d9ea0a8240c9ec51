import { CNI_ERROR_CODES as CODE } from "../contract/cni-fault.ts";
import { FaultError } from "./status.ts";

/** The variables that a runtime gives a plugin; no other is looked at, or handed on. */
export const CNI_VARIABLES = [
  "CNI_COMMAND",
  "CNI_CONTAINERID",
  "CNI_NETNS",
  "CNI_IFNAME",
  "CNI_ARGS",
  "CNI_PATH",
  "CNI_NETNS_OVERRIDE",
] as const;

/** One of {@link CNI_VARIABLES}. */
export type CniVariable = (typeof CNI_VARIABLES)[number];

/** Every variable; `""` for one that is not set, which is the same in CNI. */
export type CniEnvironment = Readonly<Record<CniVariable, string>>;

/** Which variables each command needs. The host answers VERSION, which needs none. */
const REQUIRED: Readonly<Record<string, readonly CniVariable[]>> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
};

/** Takes the variables out of an environment. */
export function cniEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): CniEnvironment {
  return Object.fromEntries(
    CNI_VARIABLES.map((name) => [name, environment[name] ?? ""]),
  ) as CniEnvironment;
}

/**
 * Checks the variables that a command needs. A value that is wrong is told before others that are
 * missing, and those are told all at once.
 *
 * @throws {FaultError} 4
 * @see libcni, pkg/skel/skel.go
 */
export function checkEnvironment(environment: CniEnvironment): void {
  for (const name of CNI_VARIABLES) {
    // So a decoder marks what is no text, and two such values may look the same.
    if (environment[name].includes("\ufffd")) fail(`invalid ${name}`, "it is not UTF-8");
  }
  const command = environment.CNI_COMMAND;
  const required = Object.hasOwn(REQUIRED, command) ? REQUIRED[command]! : [];
  if (required.includes("CNI_CONTAINERID")) checkContainerId(environment.CNI_CONTAINERID);
  if (required.includes("CNI_IFNAME")) checkIfname(environment.CNI_IFNAME);
  const needed: readonly CniVariable[] = ["CNI_COMMAND", ...required];
  const missing = needed.filter((name) => environment[name] === "");
  if (missing.length > 0) fail(`required env variables [${missing.join(",")}] missing`);
}

function checkContainerId(value: string): void {
  if (value === "" || /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(value)) return;
  fail("invalid characters in containerID", value);
}

/** As long as Linux takes, in bytes. */
const MAX_IFNAME_BYTES = 15;

/** White space as Go has it, which is not as JavaScript has it. */
const IN_NO_IFNAME = /[/:\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function checkIfname(value: string): void {
  if (new TextEncoder().encode(value).length > MAX_IFNAME_BYTES) {
    fail("interface name is too long", "interface name should be less than 16 characters");
  }
  if (value === "." || value === "..") fail("interface name is . or ..");
  if (IN_NO_IFNAME.test(value)) {
    fail("interface name contains / or : or whitespace characters");
  }
}

function fail(msg: string, details?: string): never {
  throw new FaultError(CODE.invalidEnvironment, msg, details);
}
