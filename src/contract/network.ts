import * as v from "valibot";
import {
  isJsonObject,
  type JsonObject,
  JsonObjectSchema,
  type JsonValue,
  JsonValueSchema,
} from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { list } from "./bounded.ts";
import { CniArgsSchema, ContainerIdSchema, IfnameSchema, NetnsSchema } from "./cni-attachment.ts";
import { convertCniResult } from "./cni-conversion.ts";
import { type CniFault, CniFaultSchema, isCniFault } from "./cni-fault.ts";
import { checkSpelling } from "./cni-spelling.ts";
import {
  CNI_VERSIONS,
  type CniResult,
  CniResultSchema,
  type CniVersion,
  MadeResultSchema,
  withoutNothing,
} from "./cni-result.ts";
import { checkAnswer, parseGuestJson, unusableAnswer } from "./guest-json.ts";
import { type ContractMethod, type Done, DoneSchema, type RequestHeader } from "./method.ts";

/** The version of the network contract. */
export const NETWORK_VERSION = 1;

/** What a runtime gives a plugin on stdin; whatever else the plugin's author takes is in it too. */
export interface CniConfig {
  /** Left out, it is 0.1.0. */
  readonly cniVersion?: CniVersion | undefined;
  /** The network's name. */
  readonly name: string;
  /** The plugin's file name. */
  readonly type: string;
  readonly [key: string]: JsonValue | undefined;
}

/** What a runtime says of a network. */
export interface NetworkInput {
  /** As it came on stdin, and as a delegate wants it: `prevResult` and `runtimeConfig` included. */
  readonly config: CniConfig;
  /** CNI_PATH: folders, with `:` between them. */
  readonly path?: string | undefined;
}

/** What a runtime says of a container that leaves a network. */
export interface DetachmentInput extends NetworkInput {
  readonly containerId: string;
  /** Path of the network namespace; empty or left out where it is gone. */
  readonly netns?: string | undefined;
  readonly ifname: string;
  /** CNI_ARGS: `K=V;K=V`. */
  readonly args?: string | undefined;
}

/** What a runtime says of a container in a network, or of one that joins it. */
export interface AttachmentInput extends DetachmentInput {
  readonly netns: string;
}

/** What each method is given by its caller. */
export interface NetworkInputs {
  readonly add: AttachmentInput;
  readonly del: DetachmentInput;
  readonly check: AttachmentInput;
  readonly status: NetworkInput;
  readonly gc: NetworkInput;
}

/** The verbs of CNI that reach a plugin; the host answers VERSION. */
export type NetworkMethod = keyof NetworkInputs;

/** What the plugins before this one in its chain made, and what the runtime wants of it. */
export interface ChainedRequest {
  /**
   * `config.prevResult`, with what CNI does not know, and without nulls; without `cniVersion` there, it
   * is of the version of `config`.
   */
  readonly prevResult?: CniResult | undefined;
  /** `config.runtimeConfig`: port mappings, bandwidth and the like. */
  readonly runtimeConfig?: JsonObject | undefined;
}

/** A container's interface that is in use. */
export interface CniAttachment {
  readonly containerID: string;
  readonly ifname: string;
}

/** What is in use when a plugin is to clean up. */
export interface CleanupRequest {
  /**
   * All else may be removed. Left out where the runtime says nothing of it, which is not the same as
   * none.
   */
  readonly validAttachments?: readonly CniAttachment[] | undefined;
}

/** `""` stands for what is not there. */
type Filled<Input> = { readonly [Key in keyof Input]-?: Exclude<Input[Key], undefined> };

/** What each method is asked besides the {@link RequestHeader}; `""` stands for what is not there. */
export interface NetworkQuestions {
  readonly add: Filled<AttachmentInput> & ChainedRequest;
  readonly del: Filled<DetachmentInput> & ChainedRequest;
  readonly check: Filled<AttachmentInput> & ChainedRequest;
  readonly status: Filled<NetworkInput>;
  readonly gc: Filled<NetworkInput> & CleanupRequest;
}

/** What a guest is asked through `network_<method>`, as canonical JSON. */
export type NetworkRequest<Method extends NetworkMethod = NetworkMethod> =
  & RequestHeader<"network">
  & NetworkQuestions[Method];

/** What each method answers when it did what it was asked. */
export interface NetworkAnswers {
  readonly add: CniResult;
  readonly del: Done;
  readonly check: Done;
  readonly status: Done;
  readonly gc: Done;
}

/** What a guest answers to `network_<method>`. */
export type NetworkAnswer<Method extends NetworkMethod = NetworkMethod> =
  | NetworkAnswers[Method]
  | CniFault;

const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

const config = v.looseObject({
  cniVersion: v.exactOptional(v.picklist(CNI_VERSIONS)),
  name: v.pipe(v.string(), v.maxLength(255), v.regex(NETWORK_NAME)),
  type: v.pipe(v.string(), v.nonEmpty(), v.maxLength(128)),
}) as v.GenericSchema<unknown, CniConfig>;
const header = {
  contract: v.literal("network"),
  version: v.literal(NETWORK_VERSION),
  settings: JsonValueSchema,
  now: v.string(),
};
const network = { ...header, config, path: v.pipe(v.string(), v.maxLength(65_536)) };
const container = {
  ...network,
  containerId: ContainerIdSchema,
  ifname: IfnameSchema,
  args: CniArgsSchema,
  prevResult: v.exactOptional(MadeResultSchema),
  runtimeConfig: v.exactOptional(JsonObjectSchema),
};
const attachment = v.strictObject({ ...container, netns: NetnsSchema });
const attachments = list(
  v.looseObject({ containerID: v.string(), ifname: v.string() }),
  LIMITS.attachments,
);

/** Every method of the contract, by its name. A plugin may leave out what has nothing to do. */
export const NETWORK_METHODS: {
  readonly [Method in NetworkMethod]: ContractMethod<
    NetworkRequest<Method>,
    NetworkAnswers[Method]
  >;
} = {
  add: { entry: "network_add", request: attachment, answer: CniResultSchema },
  del: {
    entry: "network_del",
    request: v.strictObject({ ...container, netns: v.union([v.literal(""), NetnsSchema]) }),
    answer: DoneSchema,
  },
  // As the reference implementation has it for a plugin without these functions.
  check: { entry: "network_check", absent: {}, request: attachment, answer: DoneSchema },
  status: {
    entry: "network_status",
    absent: {},
    request: v.strictObject(network),
    answer: DoneSchema,
  },
  gc: {
    entry: "network_gc",
    absent: {},
    request: v.strictObject({ ...network, validAttachments: v.exactOptional(attachments) }),
    answer: DoneSchema,
  },
};

/** The version that a configuration is written in. */
export function cniVersionOf({ cniVersion }: Pick<CniConfig, "cniVersion">): CniVersion {
  return cniVersion ?? "0.1.0";
}

/**
 * Puts the question of one method. What stands in the configuration and beside it comes from the
 * configuration alone, so that no two readers see different things.
 *
 * @throws {PluginError} `contract.input-invalid` where the configuration is no object, and where a native
 *   plugin would read another wish in it than the guest
 */
export function networkRequest<Method extends NetworkMethod>(
  method: Method,
  input: NetworkInputs[Method],
  { settings, now }: Pick<RequestHeader<"network">, "settings" | "now">,
): NetworkRequest<Method> {
  const { config, path = "" } = input;
  if (!isJsonObject(config)) {
    throw new PluginError(
      "contract.input-invalid",
      'Cannot put the request: "config": Invalid type: Expected Object',
    );
  }
  // What could not join can leave, however it was asked for.
  if (method === "add" || method === "check") checkSpelling(config);
  const header = { contract: "network", version: NETWORK_VERSION, settings, now } as const;
  const more = method === "status"
    ? {}
    : method === "gc"
    ? cleanup(config)
    : { ...attached(input as DetachmentInput), ...chained(config) };
  return { ...header, config, path, ...more } as unknown as NetworkRequest<Method>;
}

function attached({ containerId, netns = "", ifname, args = "" }: DetachmentInput) {
  return { containerId, netns, ifname, args };
}

function chained(config: CniConfig): JsonObject {
  const { prevResult, runtimeConfig } = config;
  const previous = isJsonObject(prevResult)
    ? {
      ...withoutNothing(prevResult),
      cniVersion: prevResult["cniVersion"] || cniVersionOf(config),
    }
    : prevResult;
  return {
    ...(previous === undefined || previous === null ? {} : { prevResult: previous }),
    ...(runtimeConfig === undefined || runtimeConfig === null ? {} : { runtimeConfig }),
  } as JsonObject;
}

/** @see CNI SPEC 1.1.0, section 2, "GC"; the second name is that of libcni's first release with GC */
function cleanup(config: CniConfig): JsonObject {
  const given = config["cni.dev/valid-attachments"] ?? config["cni.dev/attachments"];
  return given === undefined || given === null ? {} : { validAttachments: given };
}

/** Where a result has its addresses, in some version. */
const ADDRESS_KEYS = ["ips", "ip4", "ip6"];

/**
 * Reads a guest's answer. Strict, but for results, in which other plugins may have put what CNI does not
 * know: as Go's readers do, it is left out.
 *
 * @param request What was asked.
 * @returns A result in the version of the configuration, whichever version the guest wrote it in; a
 *   guest that does not say wrote it in that one.
 * @throws {PluginError} `contract.output-invalid`
 */
export function readNetworkAnswer<Method extends NetworkMethod>(
  method: Method,
  request: NetworkRequest<Method>,
  output: Uint8Array,
): NetworkAnswer<Method> {
  const value = parseGuestJson(output);
  if (isCniFault(value)) return checkAnswer(CniFaultSchema, value, "CNI error");
  const { entry, answer } = NETWORK_METHODS[method];
  const noun = `answer to "${entry}"`;
  if (method !== "add") {
    return checkAnswer(answer as v.GenericSchema<unknown, NetworkAnswers[Method]>, value, noun);
  }
  if (!isJsonObject(value)) throw unusableAnswer(`it is no ${noun}: Expected Object`);
  const version = cniVersionOf(request.config);
  const cniVersion = value["cniVersion"] || version;
  const given = { ...withoutNothing(value), cniVersion };
  const result = checkAnswer(CniResultSchema, given, noun);
  // One whose addresses are all in the form of another version was not meant to have none.
  const lost = ADDRESS_KEYS.find((key) => Object.hasOwn(given, key));
  if (lost !== undefined && !ADDRESS_KEYS.some((key) => Object.hasOwn(result, key))) {
    throw unusableAnswer(`"${lost}" is nothing of version ${cniVersion}`);
  }
  return convertCniResult(result, version) as NetworkAnswers[Method];
}
