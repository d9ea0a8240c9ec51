import { admission, type JsonValue } from "cofferdam/guest";

/** What the schema in plugin.json allows. */
interface Settings {
  readonly label?: string;
}

export default admission<Settings>(({ object, operation, settings }) => {
  // What goes away needs no owner any more.
  if (operation === "DELETE") return { allowed: true, reasons: [] };

  const { label = "owner" } = settings;
  const labels = member(member(object, "metadata"), "labels");
  const owner = member(labels, label);
  if (typeof owner === "string" && owner !== "") return { allowed: true, reasons: [] };
  return {
    allowed: false,
    reasons: [{
      rule: "has-owner",
      message: `it has no label "${label}"`,
      severity: "error",
      path: labels === undefined ? "/metadata" : "/metadata/labels",
    }],
  };
});

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? value[name] : undefined;
}
