import { quote } from "../shared/quote.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** How a container is to have a folder of the host. */
export interface HostMount {
  readonly path: string;
  readonly readOnly: boolean;
  /** `rshared` and the like; empty for Docker's own. */
  readonly propagation: string;
}

/** Judges a folder of the host that a container or a volume is to have. */
export function judgeHostPath(place: Place, mount: HostMount, settings: Settings): void {
  const { path, readOnly, propagation } = mount;
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const isPlain = plain === "/" ||
    /^(?:\/[^/]+)+$/.test(plain) && !plain.split("/").some((step) => step === "." || step === "..");
  if (!isPlain) {
    return place.deny("host-mount", `The host's path ${quote(path)} is no plain absolute one.`);
  }
  const entries = settings.mounts.filter((entry) => isWithin(plain, entry.path));
  if (entries.length === 0) {
    place.deny("host-mount", `The host's path ${quote(path)} may not be mounted.`);
  } else if (!readOnly && entries.every((entry) => entry.readOnly)) {
    place.deny("host-mount", `The host's path ${quote(path)} may only be mounted to be read.`);
  }
  if (/shared$/.test(propagation)) {
    place.deny("host-mount", `What is mounted at ${quote(path)} would reach the host.`);
  }
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}
