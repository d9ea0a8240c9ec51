import { quote } from "../shared/quote.ts";
import { fields, judgeFields } from "./fields.ts";
import { judgeHostPath } from "./host-path.ts";
import { judgeImage } from "./image.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";
import { judgeVolume } from "./volume.ts";

/**
 * Judges one of `docker run -v`: `/host:/container:ro`, `name:/container`, `/container`.
 *
 * @see moby, volume/mounts/linux_parser.go
 */
export function judgeBind(place: Place, settings: Settings): void {
  const parts = place.text().split(":");
  const [source = "", , mode = ""] = parts;
  if (parts.length > 3) return place.malformed("SOURCE:TARGET:MODE");
  // An anonymous volume, or one by its name.
  if (parts.length < 2 || !source.startsWith("/")) return;
  const words = mode.split(",");
  judgeHostPath(place, {
    path: source,
    // To relabel what is in the folder is to write to it.
    readOnly: words.includes("ro") && !words.some((word) => ["rw", "z", "Z"].includes(word)),
    propagation: words.find((word) => /^r?(?:shared|slave|private)$/.test(word)) ?? "",
  }, settings);
}

/** Judges a mount of a container or of a service. */
export function judgeMount(place: Place, settings: Settings): void {
  if (!place.isObject()) return;
  const type = place.get("Type").text();
  judgeFields(place, MOUNT, settings);
  switch (type) {
    case "bind": {
      const options = place.get("BindOptions");
      const readOnly = place.get("ReadOnly").flag() && !options.get("ReadOnlyNonRecursive").flag();
      const propagation = options.get("Propagation").text();
      const path = place.get("Source").text();
      judgeHostPath(place.get("Source"), { path, readOnly, propagation }, settings);
      return;
    }
    case "volume": {
      const driver = place.get("VolumeOptions").get("DriverConfig");
      judgeVolume(driver.get("Name"), driver.get("Options"), settings);
      return;
    }
    case "image":
      return judgeImage(place.get("Source"), settings);
    case "tmpfs":
      return;
    default:
      place.get("Type").deny("host-mount", `Mounts of the type ${quote(type)} are not allowed.`);
  }
}

const MOUNT = fields("Type Source Target ReadOnly Consistency", {
  BindOptions: (place, settings) =>
    judgeFields(
      place,
      fields(
        "Propagation NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive",
      ),
      settings,
    ),
  VolumeOptions: (place, settings) =>
    judgeFields(place, fields("NoCopy Labels Subpath DriverConfig"), settings),
  ImageOptions: (place, settings) => judgeFields(place, fields("Subpath"), settings),
  TmpfsOptions: (place, settings) => judgeFields(place, fields("SizeBytes Mode Options"), settings),
});
