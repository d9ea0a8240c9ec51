import type { InstalledPlugin } from "../cni/installed-plugin.ts";
import type { LoadedNetwork } from "../cni/plugin-table.ts";
import { createHost, type HostOptions } from "../host/host.ts";
import { PluginError } from "../plugin-error.ts";
import { grantsOf } from "./plugin-grants.ts";

/**
 * Loads a plugin as its configuration says, in a host of its own, so that it can end by itself.
 *
 * @throws {PluginError} what loading throws; `registry.not-implements` for one that makes no networks
 */
export async function loadInstalled(
  { plugin: said }: InstalledPlugin,
  options: HostOptions,
): Promise<LoadedNetwork> {
  const host = await createHost(options);
  try {
    const { path, digest, settings, instance, limits = {} } = said;
    const grants = await grantsOf({}, said);
    const plugin = await host.load(path, { digest, settings, instance, grants, ...limits });
    const { name, implements: contracts } = plugin.manifest;
    if (contracts.some(({ contract }) => contract === "network")) {
      return { network: plugin.network, close: () => host.close() };
    }
    const message = `Cannot use ${name} for CNI: it does not implement "network"`;
    throw new PluginError("registry.not-implements", message);
  } catch (error) {
    await host.close();
    throw error;
  }
}
