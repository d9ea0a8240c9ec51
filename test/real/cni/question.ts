import { spawn } from "node:child_process";
import type { PluginArg } from "../../../src/cni/args.ts";
import { findNetwork } from "../../../src/cni/network-file.ts";
import { CniRuntime, type CniRuntimeOptions } from "../../../src/cni/runtime.ts";
import type { JsonObject, JsonValue } from "../../../src/json.ts";
import { PluginError } from "../../../src/plugin-error.ts";

/** One call of a runtime, as `driver/main.go` takes it. */
export interface Question {
  readonly verb: string;
  readonly confDir?: string;
  readonly network?: string;
  readonly path: readonly string[];
  readonly cacheDir: string;
  readonly container?: {
    readonly containerID: string;
    readonly netNS?: string;
    readonly ifName?: string;
    readonly args?: readonly PluginArg[];
    readonly capabilityArgs?: JsonObject;
  };
  readonly valid?: readonly { readonly containerID: string; readonly ifname: string }[];
  readonly type?: string;
}

/** What came of it. */
export interface Answer {
  readonly result?: JsonValue;
  readonly error?: string;
  /** The plugin's own, where it said so. */
  readonly code?: number;
  readonly msg?: string;
}

/** Puts a question to libcni. */
export function askLibcni(driver: string, question: Question): Promise<Answer> {
  return askProgram([driver], question);
}

/** Puts a question to a program that answers it. */
export async function askProgram(
  [program, ...args]: readonly [string, ...string[]],
  question: Question,
): Promise<Answer> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdin.end(JSON.stringify(question));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return JSON.parse(output) as Answer;
}

/** Answers a question by our own runtime. */
export async function answerQuestion(
  question: Question,
  options: Partial<CniRuntimeOptions> = {},
): Promise<Answer> {
  const { path: folders, cacheDir: cacheFolder } = question;
  const runtime = new CniRuntime({ folders, cacheFolder, ...options });
  try {
    const result = await answerOf(runtime, question);
    return result === undefined ? {} : { result };
  } catch (error) {
    const { message, details } = PluginError.from(error);
    const cni = details["cni"] as { code: number; msg: string } | undefined;
    return { error: message, ...(cni === undefined ? {} : { code: cni.code, msg: cni.msg }) };
  }
}

async function answerOf(
  runtime: CniRuntime,
  { verb, confDir = "", network: name = "", container, valid, type = "" }: Question,
): Promise<JsonValue | undefined> {
  const { containerID: containerId = "", netNS: netns = "", ifName: ifname = "" } = container ?? {};
  const { args, capabilityArgs } = container ?? {};
  if (verb === "attachments") {
    const found = await runtime.attachments(containerId === "" ? undefined : containerId);
    return found.length === 0 ? undefined : found.map((one) => ({
      ...{ ContainerID: one.containerId, Network: one.network, IfName: one.ifname },
      ...{ Config: btoa(new TextDecoder().decode(one.config)), NetNS: one.netns },
      CniArgs: one.args.length === 0 ? null : one.args as unknown as JsonValue,
      CapabilityArgs: Object.keys(one.capabilityArgs).length === 0 ? null : one.capabilityArgs,
    }));
  }
  if (verb === "version") return [...(await runtime.versionInfo(type)).supportedVersions];
  const network = await findNetwork(confDir, name);
  const attachment = { containerId, netns, ifname, args, capabilityArgs };
  switch (verb) {
    case "load": {
      const { cniVersion, disableCheck, disableGC } = network;
      const plugins = network.plugins.map((plugin) => plugin.type);
      return { name: network.name, cniVersion, disableCheck, disableGC, plugins };
    }
    case "add":
      return await runtime.add(network, attachment) as object as JsonValue;
    case "check":
      return void await runtime.check(network, attachment);
    case "del":
      return void await runtime.del(network, attachment);
    case "gc":
      return void await runtime.gc(network, valid ?? null);
    case "status":
      return void await runtime.status(network);
    case "validate":
      return await runtime.validate(network);
    case "cached":
      return await runtime.cachedResult(network, attachment) as object as JsonValue;
    case "config": {
      const cached = await runtime.cachedConfig(network, attachment);
      if (cached === undefined) return undefined;
      const { args = [], capabilityArgs = {} } = cached.attachment;
      return {
        config: new TextDecoder().decode(cached.config),
        args: args.length === 0 ? null : args as unknown as JsonValue,
        capabilityArgs: Object.keys(capabilityArgs).length === 0 ? null : capabilityArgs,
      };
    }
  }
  throw new Error(`no such verb: ${verb}`);
}
