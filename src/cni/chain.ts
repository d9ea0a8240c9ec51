import type { CniResult } from "../contract/cni-result.ts";
import type { CniAttachment } from "../contract/network.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { Attachment } from "./attachment.ts";
import type { ChainPlugin } from "./chain-plugin.ts";
import { injectConfig, type NetworkConfig, type PluginConfig } from "./network-config.ts";

/** Finds the plugin of a type. */
export type FindPlugin = (type: string) => Promise<ChainPlugin>;

/** What a chain is run with. */
export interface ChainRun {
  readonly find: FindPlugin;
  readonly network: NetworkConfig;
  readonly signal?: AbortSignal | undefined;
}

/** A chain's run for one container. */
export interface AttachmentRun extends ChainRun {
  readonly attachment: Attachment;
  /** What came of ADD, where it is known and the version has it handed on. */
  readonly cached?: CniResult | undefined;
}

/**
 * Attaches a container: each plugin in its order, with the result of the one before it. All are found
 * before the first one runs. A failure ends it; nothing is undone, which DEL is for.
 *
 * @param before Called before each plugin runs, with the result that it is handed.
 * @returns The last plugin's result, in the version that it says.
 */
export async function addByChain(
  { find, network, attachment, signal }: AttachmentRun,
  before: (prevResult: CniResult | undefined) => Promise<void>,
): Promise<CniResult> {
  const chain = await Promise.all(
    network.plugins.map(async (plugin) => ({ plugin, found: await find(plugin.type) })),
  );
  let result: CniResult | undefined;
  for (const { plugin, found } of chain) {
    const config = attachmentConfig(network, plugin, attachment, result);
    await before(result);
    result = await found.call({ command: "ADD", config, attachment, signal });
  }
  if (result !== undefined) return result;
  const message = `Cannot use the network ${network.name}: it has no plugins`;
  throw new PluginError("cni.config-malformed", message);
}

/** Runs a chain at CHECK, in its order, or at DEL, in reverse; the first failure ends it. */
export async function runChain(
  command: "CHECK" | "DEL",
  { find, network, attachment, cached, signal }: AttachmentRun,
): Promise<void> {
  const plugins = command === "DEL" ? [...network.plugins].reverse() : network.plugins;
  for (const plugin of plugins) {
    const config = attachmentConfig(network, plugin, attachment, cached);
    await (await find(plugin.type)).call({ command, config, attachment, signal });
  }
}

/** Asks each plugin whether it could attach a container; the first one that could not ends it. */
export async function statusOfChain({ find, network, signal }: ChainRun): Promise<void> {
  for (const plugin of network.plugins) {
    const { config } = injectConfig(plugin, nameOf(network));
    await (await find(plugin.type)).call({ command: "STATUS", config, signal });
  }
}

/**
 * Has each plugin remove what belongs to no attachment of a list; each is asked, whatever the others say.
 *
 * @param valid null where nothing is known of attachments.
 * @returns What failed.
 */
export async function collectByChain(
  { find, network, signal }: ChainRun,
  valid: readonly CniAttachment[] | null,
): Promise<PluginError[]> {
  const errors: PluginError[] = [];
  const lists = valid === null ? {} : attachmentLists(valid);
  for (const plugin of network.plugins) {
    try {
      const { config } = injectConfig(plugin, { ...nameOf(network), ...lists });
      await (await find(plugin.type)).call({ command: "GC", config, signal });
    } catch (error) {
      errors.push(PluginError.from(error));
    }
  }
  return errors;
}

/** Under both names: libcni's first release with GC had the second one. */
function attachmentLists(valid: readonly CniAttachment[]): JsonObject {
  const list = valid.map(({ containerID, ifname }) => ({ containerID, ifname }));
  return { "cni.dev/valid-attachments": list, "cni.dev/attachments": list };
}

function nameOf({ name, cniVersion }: NetworkConfig): JsonObject {
  return { name, cniVersion };
}

/**
 * What a plugin reads about a container: its own configuration, the network's name and version, the
 * result that was handed on, and the capability arguments that it asks for.
 *
 * @see CNI SPEC 1.1.0, section 3, "Deriving request configuration from plugin configuration"
 */
function attachmentConfig(
  network: NetworkConfig,
  plugin: PluginConfig,
  { capabilityArgs = {} }: Attachment,
  prevResult: CniResult | undefined,
): JsonObject {
  const asked = plugin.capabilities.filter((name) => Object.hasOwn(capabilityArgs, name));
  const runtimeConfig = Object.fromEntries(asked.map((name) => [name, capabilityArgs[name]!]));
  return injectConfig(plugin, {
    ...nameOf(network),
    ...(prevResult === undefined ? {} : { prevResult: prevResult as unknown as JsonValue }),
    ...(asked.length === 0 ? {} : { runtimeConfig }),
  }).config;
}
