import { admission, type JsonObject, type JsonValue, type Reason } from "cofferdam/guest";

/** What the schema in plugin.json allows. */
interface Settings {
  readonly labels?: readonly string[];
}

export default admission<Settings>(({ object, settings: { labels = [] } }) => {
  const reasons: Reason[] = [];
  const deny = (rule: string, message: string, path: string) => {
    reasons.push({ rule, message, severity: "error", path });
  };

  const metadata = objectOf(objectOf(object)["metadata"]);
  const present = objectOf(metadata["labels"]);
  for (const label of labels) {
    if (!textOf(present[label])) deny("label", `there is no label "${label}"`, "/metadata");
  }

  const pod = objectOf(objectOf(objectOf(objectOf(object)["spec"])["template"])["spec"]);
  listOf(pod["containers"]).map(objectOf).forEach((container, index) => {
    const path = `/spec/template/spec/containers/${index}`;
    const name = textOf(container["name"]);
    const image = textOf(container["image"]);
    if (!isPinned(image)) deny("image-tag", `"${name}" takes any version of "${image}"`, path);
    const limits = objectOf(objectOf(container["resources"])["limits"]);
    if (!textOf(limits["memory"])) deny("memory-limit", `"${name}" has no memory limit`, path);
    if (objectOf(container["securityContext"])["privileged"] === true) {
      deny("privileged", `"${name}" is privileged`, path);
    }
  });
  return { allowed: reasons.length === 0, reasons };
});

function isPinned(image: string): boolean {
  if (image.includes("@")) return true;
  const [, tag] = image.slice(image.lastIndexOf("/") + 1).split(":");
  return tag !== undefined && tag !== "" && tag !== "latest";
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as JsonObject
    : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
