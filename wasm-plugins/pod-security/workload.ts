import type { Field } from "./field.ts";

/** An object that runs pods, and what these are made of. */
export interface Workload {
  readonly object: Field;
  readonly pod: Field;
}

/** Where the kinds that run pods keep what these are made of. */
const WORKLOADS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Pod", []],
  ["PodTemplate", ["template"]],
  ["ReplicationController", ["spec", "template"]],
  ["ReplicaSet", ["spec", "template"]],
  ["Deployment", ["spec", "template"]],
  ["StatefulSet", ["spec", "template"]],
  ["DaemonSet", ["spec", "template"]],
  ["Job", ["spec", "template"]],
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
]);

/** Other groups have kinds of the same names and other shapes, such as Volcano's Job. */
const GROUPS: ReadonlySet<string> = new Set(["", "apps", "batch", "extensions"]);

/**
 * The workloads in an object: itself, those among the items of a list, none where it is of another kind.
 *
 * @param listed What an item is that does not say so itself, as in a `PodList`.
 */
export function workloadsIn(object: Field, listed?: string): Workload[] {
  const kind = object.at("kind");
  const name = kind.isAbsent ? listed : kind.text();
  if (name === undefined) {
    kind.refuse("must say what the object is");
    return [];
  }
  // To kubectl, whatever has items is a list, and nothing else of it counts.
  const items = object.at("items");
  if (Array.isArray(items.value)) {
    return items.items().flatMap((item, i) =>
      workloadsIn(item.as(`${name} item ${i}`), name.replace(/List$/, ""))
    );
  }
  const steps = WORKLOADS.get(name);
  if (steps === undefined || !GROUPS.has(groupOf(object.at("apiVersion")))) return [];
  return [{ object, pod: object.as(name).at(...steps).as("Pod") }];
}

/** `apps` of `apps/v1`; the core's name is empty, and so is that of an object which names none. */
function groupOf(apiVersion: Field): string {
  const text = apiVersion.text() ?? "";
  return text.slice(0, Math.max(text.indexOf("/"), 0));
}
