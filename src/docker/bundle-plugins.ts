import type { Host } from "../host/host.ts";
import type { LoadOptions } from "../host/plugin.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { PluginError } from "../plugin-error.ts";
import { bundleTransport } from "./bundle-transport.ts";
import type { FoundPlugin } from "./discovery.ts";
import { handlerOf } from "./handler.ts";
import type { PluginTransport } from "./transport.ts";

/** How bundles are loaded, by the names of plugins; one that is not there is granted nothing. */
export type BundleOptions =
  | Readonly<Record<string, LoadOptions>>
  | ((name: string, path: string) => LoadOptions);

/**
 * Loads a bundle that was found; it ends with the transport.
 *
 * @throws {PluginError} `trust.writable` for one that was granted something, is not pinned by `digest` and can
 * be changed by others; `registry.not-implements` where Docker has no use for it; what loading throws
 */
export async function loadBundle(
  host: Host,
  { name, path }: FoundPlugin,
  bundles: BundleOptions,
): Promise<PluginTransport> {
  const options = optionsOf(bundles, name, path);
  if (options.grants !== undefined && options.digest === undefined) {
    const writer = await findForeignWriter(path);
    if (writer !== undefined) {
      throw new PluginError(
        "trust.writable",
        `Cannot load "${path}" with what it is granted: ${writer}; or pin it by its "digest"`,
      );
    }
  }
  const plugin = await host.load(path, options);
  try {
    return bundleTransport(handlerOf([plugin]), () => plugin.close());
  } catch (error) {
    await plugin.close();
    throw error;
  }
}

function optionsOf(bundles: BundleOptions, name: string, path: string): LoadOptions {
  if (typeof bundles === "function") return bundles(name, path);
  return Object.hasOwn(bundles, name) ? bundles[name]! : {};
}
