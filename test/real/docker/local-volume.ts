import { mkdir } from "node:fs/promises";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import type { Bridge } from "./bridge.ts";
import type { Daemon } from "./daemon.ts";

/** A bridge with `local-volume`, which Docker calls by `name`. */
export interface LocalVolumes {
  readonly name: string;
  readonly bridge: Bridge;
  /** Holds the volumes. */
  readonly root: string;
}

/** Serves `local-volume` to a daemon. */
export async function serveLocalVolumes(
  daemon: Daemon,
  name: string,
  ...flags: string[]
): Promise<LocalVolumes> {
  const root = daemon.path(`volumes-${name}`);
  await mkdir(root);
  const bridge = await daemon.bridge({
    name,
    args: [
      ...["--plugin", builtPlugin("local-volume"), "--instance", name],
      ...[`--allow-directory=${root}`, `--allow-state=${daemon.path("state")}`, ...flags],
    ],
  });
  return { name, bridge, root };
}

/** What `docker volume inspect` shows of a volume. */
export interface InspectedVolume {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Record<string, string> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Record<string, string> | null;
  readonly Scope: string;
  readonly Status: Record<string, unknown>;
}

/** `docker volume inspect`. */
export async function inspectVolume(
  daemon: Daemon,
  name: string,
  cli?: string,
): Promise<InspectedVolume> {
  return JSON.parse(await daemon.done(["volume", "inspect", name], cli))[0];
}
