import { isJsonObject, type JsonValue } from "../json.ts";
import { unusableAnswer } from "./answer.ts";
import type { FoundPlugin } from "./discovery.ts";
import type { PluginClient } from "./plugin-client.ts";

/** A plugin that said what it is for. */
export interface RegisteredPlugin {
  readonly name: string;
  /** `unix:///run/docker/plugins/a.sock`; `file:///etc/docker/plugins/a.wasm` for a bundle. */
  readonly address: string;
  /** `VolumeDriver`, `authz`, … */
  readonly implements: readonly string[];
  /** The registry's: it ends with it. */
  readonly client: PluginClient;
  /** Whether it is one of Docker's first kind, which is found in folders. All here are. */
  readonly isV1: true;
  readonly protocol: "moby.plugins.http/v1";
  /** A path of the plugin as the host has it: the same, since it has no file system of its own. */
  scopedPath(path: string): string;
}

/** The method by which a plugin says what it is for. */
export const ACTIVATE = "Plugin.Activate";

/**
 * Reads what a plugin answered to {@link ACTIVATE}: `{"Implements": ["VolumeDriver"]}`.
 *
 * @throws {PluginError} `docker.answer-invalid`
 */
export function readManifest(answer: JsonValue): string[] {
  const wanted = () =>
    unusableAnswer(ACTIVATE, 'wanted an object with a list of texts as "Implements"');
  if (answer !== null && !isJsonObject(answer)) throw wanted();
  // As in Go, null is nothing.
  const kinds = answer?.["Implements"] ?? [];
  if (!Array.isArray(kinds)) throw wanted();
  return kinds.map((kind) => {
    if (typeof kind !== "string") throw wanted();
    return kind;
  });
}

/** Puts together what is known of a plugin. */
export function registeredPlugin(
  { name, address }: FoundPlugin,
  client: PluginClient,
  implemented: readonly string[],
): RegisteredPlugin {
  return {
    name,
    address,
    implements: implemented,
    client,
    isV1: true,
    protocol: "moby.plugins.http/v1",
    scopedPath: (path) => path,
  };
}
