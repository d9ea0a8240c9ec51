import type { JsonObject, SettingsFault } from "cofferdam/guest";
import { readNetwork } from "../shared/address.ts";
import { quoteJson } from "../shared/quote.ts";

/** What the schema in plugin.json allows of one network. */
export interface NetworkSettings {
  readonly containers: readonly string[];
  readonly subnets: readonly string[];
  readonly ports?: readonly string[];
  readonly delegate?: Plugin;
  readonly ipam?: Plugin;
}

/** The configuration of a native plugin, as far as the operator writes it. */
export interface Plugin extends JsonObject {
  readonly type: string;
}

/** What the schema in plugin.json allows. */
export interface Settings {
  readonly networks: Readonly<Record<string, NetworkSettings>>;
}

/** What counts where the operator says nothing: a bridge, by which containers reach the world. */
export const BRIDGE: Plugin = { type: "bridge", isGateway: true, ipMasq: true };

/** Where addresses come from where the operator says nothing. */
export const HOST_LOCAL: Plugin = { type: "host-local" };

/** Codes of this plugin's own, as CNI leaves them to plugins. */
export const CODE = {
  networkUnknown: 100,
  containerRefused: 101,
  addressRefused: 102,
  portRefused: 103,
  delegateFailed: 110,
} as const;

/** What the schema cannot say; a plugin with such settings does not load. */
export function validateSettings({ networks }: Settings): SettingsFault[] {
  return Object.entries(networks).flatMap(([name, { subnets, ports = [] }]) => [
    ...subnets.flatMap((text, at) =>
      readNetwork(text) === undefined
        ? [{ path: `/networks/${name}/subnets/${at}`, message: `${quoteJson(text)} is no subnet` }]
        : []
    ),
    ...ports.flatMap((text, at) =>
      isPortRange(text)
        ? []
        : [{ path: `/networks/${name}/ports/${at}`, message: `${quoteJson(text)} holds no port` }]
    ),
  ]);
}

function isPortRange(text: string): boolean {
  const [from = 0, to = from] = text.split("/")[0]!.split("-").map(Number);
  return from <= to && to < 65_536;
}
