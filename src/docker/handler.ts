import type { JudgingPlugin, Plugin } from "../host/plugin.ts";
import { PluginError } from "../plugin-error.ts";
import { authorization, judgesDocker } from "./authz.ts";
import { withDeadline } from "./deadline.ts";
import type { DockerInterface, DockerMethod } from "./interface.ts";
import { ipamDriver } from "./ipam-driver.ts";
import { networkDriver } from "./network-driver.ts";
import { replyOfError } from "./status.ts";
import { volumeDriver } from "./volume-driver.ts";
import { type DockerReply, encodeJson, Fields, readBody } from "./wire.ts";

export type { DockerReply } from "./wire.ts";

/** Plugins by what Docker calls them for. */
export interface DockerPlugins {
  readonly volume?: Pick<Plugin, "manifest" | "volume"> | undefined;
  readonly netdriver?: Pick<Plugin, "manifest" | "netdriver"> | undefined;
  readonly ipam?: Pick<Plugin, "manifest" | "ipam"> | undefined;
  /** All of them have to allow what they judge. */
  readonly authz?: readonly JudgingPlugin[] | undefined;
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
 * for two drivers of one kind
 */
export function pluginsOf(plugins: readonly Plugin[]): DockerPlugins {
  const drivers: { -readonly [Kind in DriverKind]?: Plugin } = {};
  for (const plugin of plugins) {
    const kinds = DRIVER_KINDS.filter((kind) => implementsContract(plugin, kind));
    if (kinds.length === 0 && !judgesDocker(plugin)) throw notImplements(plugin);
    for (const kind of kinds) {
      const other = drivers[kind];
      if (other !== undefined) throw two(kind, other, plugin);
      drivers[kind] = plugin;
    }
  }
  return { ...drivers, authz: plugins.filter(judgesDocker) };
}

/** What of which Docker calls one plugin; the names of their contracts. */
const DRIVER_KINDS = ["volume", "netdriver", "ipam"] as const;

type DriverKind = (typeof DRIVER_KINDS)[number];

function checkKind<P extends Pick<Plugin, "manifest">>(kind: DriverKind, plugin: P): P {
  if (!implementsContract(plugin, kind)) throw notImplements(plugin);
  return plugin;
}

function checkJudges(plugin: JudgingPlugin): JudgingPlugin {
  if (!judgesDocker(plugin)) throw notImplements(plugin);
  return plugin;
}

function implementsContract({ manifest }: Pick<Plugin, "manifest">, name: string): boolean {
  return manifest.implements.some(({ contract }) => contract === name);
}

function notImplements({ manifest }: Pick<Plugin, "manifest">): PluginError {
  const contracts = manifest.implements.map(({ contract, kinds = [] }) =>
    kinds.length === 0 ? contract : `${contract} (${kinds.join(", ")})`
  );
  return new PluginError(
    "registry.not-implements",
    `Cannot serve ${manifest.name} to Docker: it implements ${contracts.join(", ")}; wanted ` +
      `${DRIVER_KINDS.join(", ")}, or admission of the kind docker.request or docker.response`,
  );
}

function two(kind: DriverKind, one: Plugin, other: Plugin): PluginError {
  return new PluginError(
    "usage.invalid",
    `Cannot serve ${one.manifest.name} and ${other.manifest.name} to Docker as one plugin: both ` +
      `implement "${kind}"; serve each under a name of its own`,
  );
}

/**
 * Makes the handler of loaded plugins.
 *
 * @throws {PluginError} as {@link pluginsOf}
 */
export function handlerOf(plugins: readonly Plugin[]): DockerHandler {
  return createHandler(pluginsOf(plugins));
}

/**
 * Makes the handler of plugins whose parts are known.
 *
 * @throws {PluginError} `registry.not-implements` for one that is not what it was named for;
 * `usage.invalid` where there is none
 */
export function createHandler(
  { volume, netdriver, ipam, authz = [] }: DockerPlugins,
): DockerHandler {
  const interfaces: DockerInterface[] = [];
  if (volume !== undefined) interfaces.push(volumeDriver(checkKind("volume", volume)));
  if (netdriver !== undefined) {
    interfaces.push(networkDriver(checkKind("netdriver", netdriver)));
  }
  if (ipam !== undefined) interfaces.push(ipamDriver(checkKind("ipam", ipam)));
  if (authz.length > 0) interfaces.push(authorization(authz.map(checkJudges)));
  if (interfaces.length === 0) {
    throw new PluginError("usage.invalid", "Cannot serve Docker: there is no plugin");
  }
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
