import type { Plugin } from "../host/plugin.ts";
import { PluginError } from "../plugin-error.ts";
import { withDeadline } from "./deadline.ts";
import type { DockerInterface, DockerMethod } from "./interface.ts";
import { replyOfError } from "./status.ts";
import { volumeDriver } from "./volume-driver.ts";
import { type DockerReply, encodeJson, Fields, readBody } from "./wire.ts";

export type { DockerReply } from "./wire.ts";

/** Plugins by what Docker calls them for. */
export interface DockerPlugins {
  readonly volume?: Pick<Plugin, "manifest" | "volume"> | undefined;
}

/** The door of loaded bundles in Docker's terms, without a socket. */
export interface DockerHandler {
  /** What `Plugin.Activate` lists. */
  readonly implements: readonly string[];
  /**
   * Answers one request. What goes wrong is an answer too; never rejects.
   *
   * @param method `VolumeDriver.Create`, `Plugin.Activate`
   * @param body JSON, or nothing where Docker sends nothing.
   */
  call(
    method: string,
    body: Uint8Array,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<DockerReply>;
}

/**
 * Finds out what loaded plugins are for.
 *
 * @throws {PluginError} `registry.not-implements` for one that Docker has no use for; `usage.invalid`
 * for two of one kind
 */
export function pluginsOf(plugins: readonly Plugin[]): DockerPlugins {
  let volume: Plugin | undefined;
  for (const plugin of plugins) {
    const { name, implements: contracts } = plugin.manifest;
    if (!contracts.some(({ contract }) => contract === "volume")) {
      throw new PluginError(
        "registry.not-implements",
        `Cannot serve ${name} to Docker: it implements ${
          contracts.map(({ contract }) => contract).join(", ")
        }`,
      );
    }
    if (volume !== undefined) {
      throw new PluginError(
        "usage.invalid",
        `Cannot serve ${volume.manifest.name} and ${name} to Docker as one plugin: both are volume ` +
          "drivers; serve each under a name of its own",
      );
    }
    volume = plugin;
  }
  return { volume };
}

/**
 * Makes the handler of loaded plugins.
 *
 * @throws {PluginError} as {@link pluginsOf}
 */
export function handlerOf(plugins: readonly Plugin[]): DockerHandler {
  return createHandler(pluginsOf(plugins));
}

/** Makes the handler of plugins whose parts are known. */
export function createHandler({ volume }: DockerPlugins): DockerHandler {
  const interfaces: DockerInterface[] = [];
  if (volume !== undefined) interfaces.push(volumeDriver(volume));
  const names = interfaces.map(({ name }) => name);
  const methods = new Map<string, DockerMethod>([
    ["Plugin.Activate", {
      shape: null,
      mayBeEmpty: true,
      call: () => Promise.resolve({ Implements: names }),
    }],
    ...interfaces.flatMap((one) => Object.entries(one.methods)),
  ]);
  return {
    implements: names,
    call: async (method, body, { signal } = {}) => {
      try {
        const known = methods.get(method);
        if (known === undefined) throw unknownMethod(method, names);
        const { shape, mayBeEmpty = false, patienceMs } = known;
        const request = new Fields(method, readBody(body, { method, shape, mayBeEmpty }));
        const answer = await withDeadline(
          { method, patienceMs, signal },
          (signal) => known.call(request, { signal }),
        );
        return { status: 200, body: encodeJson(answer) };
      } catch (error) {
        return replyOfError(error);
      }
    },
  };
}

function unknownMethod(method: string, names: readonly string[]): PluginError {
  return new PluginError(
    "docker.method-unknown",
    `There is no method ${JSON.stringify(method.slice(0, 200))}: this plugin implements ${
      names.join(", ")
    }`,
  );
}
