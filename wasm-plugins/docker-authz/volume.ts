import { quote } from "../shared/quote.ts";
import { fields, judgeFields } from "./fields.ts";
import { judgeHostPath } from "./host-path.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Judges the body of a volume that is to be made. */
export function judgeVolumeCreate(place: Place, settings: Settings): void {
  judgeFields(place, fields("Name Driver DriverOpts Labels"), settings);
  judgeVolume(place.get("Driver"), place.get("DriverOpts"), settings);
}

/** Judges a driver and the options that it gets. */
export function judgeVolume(driver: Place, options: Place, settings: Settings): void {
  const name = driver.text() || "local";
  if (!settings.volumeDrivers.includes(name)) {
    driver.deny("volume-driver", `The volume driver ${quote(name)} is not allowed.`);
  } else if (name === "local") {
    judgeLocal(options, settings);
  }
}

/**
 * The local driver mounts what its options say, the host's folders and devices among it.
 *
 * @see moby, volume/local/local_unix.go
 */
function judgeLocal(options: Place, settings: Settings): void {
  const given = new Map([...options.members()].map(([key, place]) => [key, place.text()]));
  given.delete("size");
  if (given.size === 0) return;
  const [type = "", o = "", device = ""] = ["type", "o", "device"].map((key) => given.get(key));
  const words = o.split(",");
  if (words.includes("bind") || words.includes("rbind")) {
    // What is mounted below comes along with it, and is not made read-only.
    const isAlone = !words.includes("rbind");
    const readOnly = isAlone && words.includes("ro") && !words.includes("rw");
    const propagation = words.find((word) => /shared$/.test(word)) ?? "";
    judgeHostPath(options.get("device"), { path: device, readOnly, propagation }, settings);
  } else if (type !== "tmpfs" || !words.every((word) => TMPFS_OPTION.test(word))) {
    const message = `A volume of ${quote(device)} of the type ${quote(type)} is not allowed.`;
    options.deny("host-mount", message);
  }
}

/** What a file system in memory may be told. */
const TMPFS_OPTION =
  /^(?:(?:size|mode|uid|gid|nr_inodes|nr_blocks)=[0-9A-Za-z%]+|nosuid|nodev|noexec|noatime|ro|rw|)$/;
