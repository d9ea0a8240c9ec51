import type { Turns } from "../turns.ts";
import type { Host } from "../host/host.ts";
import { endpointOf, socketEndpoint } from "./address.ts";
import { type Clock, retrying } from "./backoff.ts";
import { type BundleOptions, loadBundle } from "./bundle-plugins.ts";
import type { FoundPlugin } from "./discovery.ts";
import { isTransient } from "./exchange.ts";
import { httpTransport } from "./http-transport.ts";
import { PluginClient } from "./plugin-client.ts";
import {
  ACTIVATE,
  readManifest,
  type RegisteredPlugin,
  registeredPlugin,
} from "./registered-plugin.ts";
import { tlsOf, type TlsVerification } from "./tls-files.ts";
import type { PluginTransport } from "./transport.ts";

/** How plugins are activated. */
export interface ActivationOptions {
  readonly host: Host | undefined;
  readonly bundles: BundleOptions;
  readonly tlsVerification: TlsVerification;
  readonly timeoutMs: number | undefined;
  /** What each try may take to activate it. */
  readonly activationTimeoutMs: number;
  readonly clock: Clock;
  /** How many are asked at a time; who only waits for the next try takes none. */
  readonly turns: Turns;
  /** The registry's end. */
  readonly signal: AbortSignal;
}

/**
 * Asks a plugin that was found what it is for; again where no answer comes, as any call.
 *
 * @throws {PluginError} as {@link PluginClient.call}; `docker.address-invalid`, `docker.spec-invalid`; for a
 * bundle, what loading it throws
 */
export async function activatePlugin(
  found: FoundPlugin,
  options: ActivationOptions,
): Promise<RegisteredPlugin> {
  const { clock, timeoutMs, activationTimeoutMs, turns, signal } = options;
  // Waited for also by who closes the registry: nobody else would end what is loaded by then.
  const transport = await transportOf(found, options);
  const client = new PluginClient(transport, { timeoutMs, clock });
  const ask = async () => {
    const giveBack = await turns.take(signal);
    try {
      const call = { signal, timeoutMs: activationTimeoutMs, retry: false };
      return readManifest(await client.call(ACTIVATE, undefined, call));
    } finally {
      giveBack();
    }
  };
  try {
    return registeredPlugin(found, client, await retrying(clock, signal, ask, isTransient));
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function transportOf(
  found: FoundPlugin,
  { host, bundles, tlsVerification }: ActivationOptions,
): Promise<PluginTransport> {
  switch (found.kind) {
    case "socket":
      return httpTransport(found.address, socketEndpoint(found.path));
    case "spec":
    case "json":
      return httpTransport(
        found.address,
        endpointOf(found.address, await tlsOf(found, tlsVerification)),
      );
    case "bundle":
      // Only a registry that has a host looks for bundles.
      return await loadBundle(host!, found, bundles);
  }
}
