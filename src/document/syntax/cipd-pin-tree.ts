import type { JsonObject } from "../../json.ts";
import type { Tree } from "../tree.ts";

/** A pin that was read from text, with the places of its package, version and instance ID. */
export function pinTree(
  value: JsonObject,
  start: number,
  end: number,
  version: number,
  instance: number,
): Tree {
  const places: { readonly [field: string]: number } = {
    version,
    resolved: version,
    instanceId: instance,
    hashAlgo: instance,
    hexDigest: instance,
  };
  return {
    value,
    locate: ([field = ""]) => {
      const place = Object.hasOwn(places, field) && Object.hasOwn(value, field)
        ? places[field]!
        : start;
      return { start: place, value: place, end };
    },
  };
}
