import * as v from "valibot";
import type { LogLine } from "../capability/log.ts";
import {
  CniArgsSchema,
  ContainerIdSchema,
  IfnameSchema,
  NetnsSchema,
} from "../contract/cni-attachment.ts";
import { CNI_ERROR_CODES as CODE, isCniFault } from "../contract/cni-fault.ts";
import { CNI_VERSIONS, type CniVersion } from "../contract/cni-result.ts";
import type { CniConfig, NetworkMethod } from "../contract/network.ts";
import type { AskOptions } from "../host/ask.ts";
import type { NetworkPlugin } from "../host/network.ts";
import { isOwnNetworkNamespace } from "../platform/network-namespace.ts";
import { checkEnvironment, type CniEnvironment, type CniVariable } from "./environment.ts";
import { type ReadStdin, readStdinConfig } from "./stdin-config.ts";
import { FaultError, faultOf, faultOfPlugin } from "./status.ts";
import { compareCniVersions, CURRENT_CNI_VERSION, isAtLeast } from "./version.ts";

/** One call of a runtime. */
export interface CniCall {
  readonly environment: CniEnvironment;
  /** Not called for VERSION. */
  readonly readStdin: ReadStdin;
  readonly signal?: AbortSignal | undefined;
}

/** The plugin that is called. */
export interface CalledPlugin {
  /** Its file name, which begins the lines that it logs. */
  readonly type: string;
  /** What a person is told who runs it without a command; without it, that is an error. */
  readonly about?: string | undefined;
  /** Default: all of {@link CNI_VERSIONS}. */
  readonly supportedVersions?: readonly string[] | undefined;
  /** Called when everything before it is in order. */
  load(): Promise<Pick<NetworkPlugin, NetworkMethod>>;
}

/** What a runtime finds when the plugin has ended. */
export interface CniReply {
  readonly exitCode: 0 | 1;
  /** A result, a list of versions or an error; nothing where nothing is to be said. */
  readonly stdout: string;
  /** What the plugin logged, from `info` on; runtimes show it where the call went well. */
  readonly stderr: string;
}

const METHODS: Readonly<Record<string, NetworkMethod>> = {
  ADD: "add",
  DEL: "del",
  CHECK: "check",
  STATUS: "status",
  GC: "gc",
};

/** The versions with which some commands came. */
const SINCE: Readonly<Record<string, CniVersion>> = {
  CHECK: "0.4.0",
  STATUS: "1.1.0",
  GC: "1.1.0",
};

/**
 * Answers one call of a runtime as a native plugin does that is built on the reference implementation:
 * its order of checks, its words and its codes. Two things are otherwise: of a result and an error that
 * comes behind it, only the error is printed; and what two readers could take differently is an error.
 *
 * @see CNI SPEC 1.1.0, sections 2, 4 and 5; libcni, pkg/skel/skel.go
 */
export async function answerCall(call: CniCall, plugin: CalledPlugin): Promise<CniReply> {
  const { type, about, supportedVersions = CNI_VERSIONS } = plugin;
  if (call.environment.CNI_COMMAND === "" && about !== undefined) {
    const versions = `CNI protocol versions supported: ${supportedVersions.join(", ")}`;
    return { exitCode: 0, stdout: "", stderr: `${about}\n${versions}\n` };
  }
  let stderr = "";
  const onLog = ({ level, message, fields }: LogLine) => {
    if (level === "trace" || level === "debug") return;
    const shown = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    stderr += `${type}: ${level}: ${message}${shown}\n`;
  };
  try {
    const stdout = await run(call, { ...plugin, supportedVersions }, onLog);
    return { exitCode: 0, stdout, stderr };
  } catch (thrown) {
    return { exitCode: 1, stdout: printed(faultOf(thrown)), stderr };
  }
}

async function run(
  call: CniCall,
  plugin: CalledPlugin & { readonly supportedVersions: readonly string[] },
  onLog: AskOptions["onLog"],
): Promise<string> {
  const { environment, signal } = call;
  const { supportedVersions } = plugin;
  checkEnvironment(environment);
  const command = environment.CNI_COMMAND;
  if (command === "VERSION") {
    return `${JSON.stringify({ cniVersion: CURRENT_CNI_VERSION, supportedVersions })}\n`;
  }
  const { config, cniVersion } = await readStdinConfig(call.readStdin);
  const method = Object.hasOwn(METHODS, command) ? METHODS[command]! : undefined;
  if (method === undefined) {
    throw new FaultError(CODE.invalidEnvironment, `unknown CNI_COMMAND: ${command}`);
  }
  checkVersion(command, cniVersion, supportedVersions);
  if (method !== "status" && method !== "gc") checkValues(environment, method);
  const network = await plugin.load();
  // Looked at beside the call, and told behind it: leaving always works.
  const isOwn = method === "add" || method === "del" ? isOwnNamespace(environment) : undefined;
  const answer = await network[method]({
    config: config as unknown as CniConfig,
    path: environment.CNI_PATH,
    containerId: environment.CNI_CONTAINERID,
    netns: environment.CNI_NETNS,
    ifname: environment.CNI_IFNAME,
    args: environment.CNI_ARGS,
  }, { signal, onLog });
  if (isCniFault(answer)) {
    const { code, msg, details } = faultOfPlugin(answer);
    throw new FaultError(code, msg, details);
  }
  if (await isOwn) {
    const msg = "plugin's netns and netns from CNI_NETNS should not be the same";
    throw new FaultError(CODE.invalidNetns, msg);
  }
  return method === "add" ? printed(answer) : "";
}

/** A version must be one of the plugin's own, to the letter. */
function checkVersion(command: string, version: string, supported: readonly string[]): void {
  const since = SINCE[command];
  if (since !== undefined) {
    if (!isAtLeast(version, since)) {
      throw new FaultError(CODE.incompatibleVersion, `config version does not allow ${command}`);
    }
    if (!supported.some((one) => compareCniVersions(one, version) >= 0)) {
      throw new FaultError(CODE.incompatibleVersion, `plugin version does not allow ${command}`);
    }
  }
  if (supported.includes(version)) return;
  const list = supported.map((one) => JSON.stringify(one)).join(" ");
  const details = `config is ${JSON.stringify(version)}, plugin supports [${list}]`;
  throw new FaultError(CODE.incompatibleVersion, "incompatible CNI versions", details);
}

/** What the contract wants of the variables beyond what the reference implementation looks at. */
const VALUES: readonly (readonly [CniVariable, v.GenericSchema<unknown, string>])[] = [
  ["CNI_CONTAINERID", ContainerIdSchema],
  ["CNI_NETNS", NetnsSchema],
  ["CNI_IFNAME", IfnameSchema],
  ["CNI_ARGS", CniArgsSchema],
  ["CNI_PATH", v.pipe(v.string(), v.maxLength(65_536))],
];

function checkValues(environment: CniEnvironment, method: NetworkMethod): void {
  for (const [name, schema] of VALUES) {
    // A namespace may be gone before its container leaves the network.
    if (name === "CNI_NETNS" && method === "del" && environment[name] === "") continue;
    const { issues } = v.safeParse(schema, environment[name], { abortEarly: true });
    if (issues === undefined) continue;
    throw new FaultError(CODE.invalidEnvironment, `invalid ${name}`, issues[0].message);
  }
}

/** A runtime that joins its own namespace by mistake hears of it, and makes the container leave. */
async function isOwnNamespace({ CNI_NETNS, CNI_NETNS_OVERRIDE }: CniEnvironment): Promise<boolean> {
  if (CNI_NETNS_OVERRIDE === "1" || CNI_NETNS_OVERRIDE.toUpperCase() === "TRUE") return false;
  return await isOwnNetworkNamespace(CNI_NETNS);
}

/** As the reference implementation prints. */
function printed(value: unknown): string {
  return JSON.stringify(value, null, 4);
}
