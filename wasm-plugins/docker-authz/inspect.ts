import { quote } from "../shared/quote.ts";
import { CONFIG, INSPECT_HOST } from "./container.ts";
import { type Fields, fields, judgeFields } from "./fields.ts";
import { judgeImage } from "./image.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/**
 * Judges what `docker inspect` says of a container. To the daemon the same may be a body to make one
 * by, for which it passes over what it does not know: so no more may stand here than is printed.
 */
export function judgeInspect(place: Place, settings: Settings): void {
  // The image of a container that is there is an ID; its name stands in the configuration.
  judgeImage(place.get("Config").get("Image"), settings);
  judgeFields(place, INSPECT, settings);
}

/** @see moby, api/types/container, InspectResponse */
const INSPECT: Fields = fields(
  "Id Created Path Args State ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount " +
    "Driver Platform MountLabel ProcessLabel AppArmorProfile ExecIDs GraphDriver Storage SizeRw " +
    "SizeRootFs NetworkSettings ImageManifestDescriptor",
  {
    Image: (image) => {
      const text = image.text();
      if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return;
      image.deny("image-allowed", `${quote(text)} is no ID, as that of a container's image is.`);
    },
    // What is mounted, as it was asked for in the host configuration; binds and volumes by names alone.
    Mounts: (mounts, settings) => {
      const table = fields("Type Name Source Destination Driver Mode RW Propagation");
      for (const item of mounts.list()) judgeFields(item, table, settings);
    },
    Config: (config, settings) => judgeFields(config, CONFIG, settings),
    HostConfig: (host, settings) => judgeFields(host, INSPECT_HOST, settings),
  },
);
