import type { JsonObject } from "../../json.ts";
import { type Draft, faultAt, type RecogniseContext, text } from "./draft.ts";

/** True for an object that kubectl takes for one of Kubernetes. */
export function isTyped(object: JsonObject): boolean {
  return text(object["apiVersion"]) !== undefined && text(object["kind"]) !== undefined;
}

/**
 * Refuses a typed object with a list of "items" whose kind does not end in "List", whatever it says
 * to be: kubectl takes any object with "items" for a list, and applies the items alone.
 *
 * @throws {PluginError} `document.malformed`
 * @see apimachinery, pkg/apis/meta/v1/unstructured/helpers.go, unstructuredJSONScheme
 */
export function refuseItems(
  object: JsonObject,
  base: Draft["base"],
  context: RecogniseContext,
): void {
  const kind = text(object["kind"]);
  if (!isTyped(object) || !Array.isArray(object["items"]) || kind?.endsWith("List")) return;
  throw faultAt(
    context,
    [...base, "items"],
    `Reading the Kubernetes object failed: ${JSON.stringify(kind)} has a list of "items", which ` +
      `kubectl applies in its stead; only a kind that ends in "List" may have one`,
  );
}
