import { describe } from "./describe.ts";
import type { Field } from "./field.ts";

/** The lists of containers, in the order in which they start, and what is said of each. */
const CONTAINER_LISTS: Readonly<Record<string, string>> = {
  initContainers: "Init container",
  containers: "Container",
  ephemeralContainers: "Ephemeral container",
};

/** A pod as controls look at it. */
export class Pod {
  readonly spec: Field;
  readonly annotations: ReadonlyMap<string, Field>;
  /** The containers of all lists. */
  readonly containers: readonly Field[];
  /** The pod's own security context and behind it those of the containers. */
  readonly securityContexts: readonly Field[];

  constructor(pod: Field) {
    this.spec = pod.at("spec");
    this.annotations = pod.at("metadata", "annotations").texts();
    const containers = this.spec.at("containers");
    if (containers.items().length === 0) {
      containers.refuse("must list a container; a patch is judged by what it results in");
    }
    this.containers = Object.entries(CONTAINER_LISTS).flatMap(([list, title]) =>
      this.spec.at(list).items().map((item) => named(item, title))
    );
    this.securityContexts = [this.spec, ...this.containers].map((it) => it.at("securityContext"));
  }

  get volumes(): readonly Field[] {
    return this.spec.at("volumes").items().map((item) => named(item, "Volume"));
  }

  /** On Windows, the API server takes no settings that only Linux has. */
  get isWindows(): boolean {
    return this.spec.at("os", "name").text() === "windows";
  }

  /** Whether root in the pod is somebody else outside of it. */
  get hasUserNamespace(): boolean {
    return this.spec.at("hostUsers").boolean() === false;
  }
}

/** An element of a list under its own name, where it has one. */
function named(item: Field, title: string): Field {
  const { value } = item.at("name");
  return typeof value === "string" ? item.as(`${title} ${describe(value)}`) : item;
}
