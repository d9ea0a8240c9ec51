import type { Volume, VolumeAnswer, VolumeAnswers, VolumeMethod } from "../contract/volume.ts";
import type { Structure } from "../document/recognise/docker-schema.ts";
import type { Plugin } from "../host/plugin.ts";
import type { JsonObject } from "../json.ts";
import type { DockerInterface, DockerMethod } from "./interface.ts";
import { answered } from "./status.ts";
import type { Fields } from "./wire.ts";

/** What Docker waits for Create and Mount, and for the rest. @see moby, volume/drivers/proxy.go */
const LONG_MS = 120_000;
const SHORT_MS = 60_000;

const SHAPE: Structure = { fields: { Name: null, Opts: null, ID: null } };

/**
 * Docker's VolumeDriver.
 *
 * @see moby, daemon/volume/drivers: extpoint.go, adapter.go
 */
export function volumeDriver({ volume }: Pick<Plugin, "volume">): DockerInterface {
  const done = <Method extends VolumeMethod>(answer: VolumeAnswer<Method>) =>
    answered<VolumeAnswers[Method]>(answer);
  const named = (request: Fields) => ({ name: request.text("Name") });
  const mount = (request: Fields) => ({ ...named(request), id: request.text("ID") });
  const method = (call: DockerMethod["call"], patienceMs = SHORT_MS): DockerMethod => ({
    shape: SHAPE,
    patienceMs,
    call,
  });
  const bare = (call: DockerMethod["call"]): DockerMethod => ({
    ...method(call),
    mayBeEmpty: true,
  });
  return {
    name: "VolumeDriver",
    methods: {
      "VolumeDriver.Create": method(async (request, options) => {
        done(await volume.create({ ...named(request), options: request.texts("Opts") }, options));
        return {};
      }, LONG_MS),
      "VolumeDriver.Remove": method(async (request, options) => {
        done(await volume.remove(named(request), options));
        return {};
      }),
      "VolumeDriver.Path": method(async (request, options) => {
        const { mountpoint = "" } = done(await volume.path(named(request), options));
        return { Mountpoint: mountpoint };
      }),
      "VolumeDriver.Mount": method(async (request, options) => {
        const { mountpoint } = done(await volume.mount(mount(request), options));
        return { Mountpoint: mountpoint };
      }, LONG_MS),
      "VolumeDriver.Unmount": method(async (request, options) => {
        done(await volume.unmount(mount(request), options));
        return {};
      }),
      "VolumeDriver.Get": method(async (request, options) => {
        const { volume: found } = done(await volume.get(named(request), options));
        return { Volume: volumeOf(found) };
      }),
      "VolumeDriver.List": bare(async (_, options) => {
        const { volumes } = done(await volume.list(options));
        return { Volumes: volumes.map(volumeOf) };
      }),
      "VolumeDriver.Capabilities": bare(async (_, options) => {
        const { scope } = done(await volume.capabilities(options));
        return { Capabilities: { Scope: scope } };
      }),
    },
  };
}

/** Docker takes an empty time for a malformed one, so what is not known is left out. */
function volumeOf({ name, mountpoint, createdAt, status }: Volume): JsonObject {
  return {
    Name: name,
    ...(mountpoint === undefined ? {} : { Mountpoint: mountpoint }),
    ...(createdAt === undefined ? {} : { CreatedAt: createdAt }),
    ...(status === undefined ? {} : { Status: status }),
  };
}
