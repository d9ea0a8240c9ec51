import { isObject } from "../shared/json.ts";
import { judgeCreate, judgeExec } from "./container.ts";
import { judgeInspect } from "./inspect.ts";
import { judgeNetworkCreate } from "./network.ts";
import type { Place } from "./place.ts";
import { judgeService } from "./service.ts";
import type { Settings } from "./settings.ts";
import { judgeVolumeCreate } from "./volume.ts";

/**
 * Judges a body of the Engine API that somebody has saved, or what `docker inspect` says of a container.
 * Nothing tells which call a body is for, so that its fields do.
 */
export function judgeConfig(place: Place, settings: Settings): void {
  const { value } = place;
  const has = (...keys: string[]) =>
    isObject(value) && keys.some((key) => Object.hasOwn(value, key));
  if (has("Id") && has("Config") && has("HostConfig")) {
    judgeInspect(place, settings);
  } else if (has("TaskTemplate")) {
    judgeService(place, settings);
  } else if (has("Image", "HostConfig")) {
    judgeCreate(place, settings);
  } else if (has("DriverOpts")) {
    judgeVolumeCreate(place, settings);
  } else if (has("IPAM", "EnableIPv6", "ConfigOnly")) {
    judgeNetworkCreate(place, settings);
  } else if (has("Cmd")) {
    judgeExec(place, settings);
  } else {
    place.malformed("a body that this policy judges, or a container's description");
  }
}
