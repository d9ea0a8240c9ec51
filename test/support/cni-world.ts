import { join } from "node:path";
import type { Attachment } from "../../src/cni/attachment.ts";
import { type NetworkConfig, parseNetworkConfig } from "../../src/cni/network-config.ts";
import { CniRuntime, type CniRuntimeOptions } from "../../src/cni/runtime.ts";
import type { JsonObject } from "../../src/json.ts";
import { bytesOf, FakePlugins } from "./cni-fake-plugin.ts";

/** A runtime over fake plugins, with a cache of its own. */
export interface World extends AsyncDisposable {
  readonly plugins: FakePlugins;
  readonly runtime: CniRuntime;
  readonly cacheFolder: string;
}

/** Makes a world with native plugins of these names. */
export async function makeWorld(
  names: readonly string[] = ["first", "second", "third"],
  options: Partial<CniRuntimeOptions> = {},
): Promise<World> {
  const plugins = await FakePlugins.make(...names);
  const cacheFolder = join(plugins.path, "cache");
  const runtime = new CniRuntime({ folders: [plugins.path], cacheFolder, ...options });
  return { plugins, runtime, cacheFolder, [Symbol.asyncDispose]: () => plugins.remove() };
}

/** A network of plugins, which are types or whole configurations. */
export function networkOf(
  plugins: readonly (string | JsonObject)[],
  more: JsonObject = {},
): NetworkConfig {
  const list = plugins.map((plugin) => typeof plugin === "string" ? { type: plugin } : plugin);
  return parseNetworkConfig(bytesOf({ cniVersion: "1.0.0", name: "net", ...more, plugins: list }));
}

/** A container's interface. */
export function attachmentOf(containerId = "c1", more: Partial<Attachment> = {}): Attachment {
  return { containerId, netns: `/run/netns/${containerId}`, ifname: "eth0", ...more };
}

/** A result with one address. */
export function resultWith(address: string, cniVersion = "1.0.0"): JsonObject {
  return { cniVersion, ips: [{ address }] };
}
