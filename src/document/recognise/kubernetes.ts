import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { isAdmissionRequest, isAdmissionReview, readAdmission } from "./admission-review.ts";
import { type Draft, faultAt, type RecogniseContext, type Recogniser } from "./draft.ts";
import { objectName } from "./kubernetes-name.ts";
import { isTyped, refuseItems } from "./kubernetes-items.ts";
import { isOcmDescriptorV3 } from "./ocm.ts";

/** Kubernetes objects, lists of them (each item is a document of its own) and admission reviews. */
export const KUBERNETES: Recogniser = {
  kind: "kubernetes",
  syntaxes: ["yaml", "json", "json-lines"],
  wants: 'an object with the strings "apiVersion" and "kind", or an admission request',
  claims: (value) =>
    isJsonObject(value) &&
    (isTyped(value) ? !isOcmDescriptorV3(value) : isAdmissionRequest(value)),
  accepts: (value) => isJsonObject(value) && isTyped(value),
  read(value, context) {
    const object = value as JsonObject;
    if (!isTyped(object)) return [readAdmission(object, [], context)];
    refuseItems(object, [], context);
    const request = object["request"];
    if (isAdmissionReview(object) && isJsonObject(request)) {
      return [readAdmission(request, ["request"], context)];
    }
    return readObject(object, [], context);
  },
};

function readObject(
  object: JsonObject,
  base: readonly string[],
  context: RecogniseContext,
): Draft[] {
  refuseItems(object, base, context);
  const { items } = object;
  if (!Array.isArray(items)) {
    return [{ kind: "kubernetes", object, name: objectName(object), base }];
  }
  return items.flatMap((item, index) => {
    const steps = [...base, "items", String(index)];
    return readObject(typeItem(item, object, steps, context), steps, context);
  });
}

/** An item of a typed list (`PodList`) may leave out what the list says for all of them. */
function typeItem(
  item: JsonValue,
  list: JsonObject,
  steps: readonly string[],
  context: RecogniseContext,
): JsonObject {
  if (isJsonObject(item)) {
    if (isTyped(item)) return item;
    const kind = String(list["kind"]).slice(0, -"List".length);
    const isUntyped = item["apiVersion"] === undefined && item["kind"] === undefined;
    if (isUntyped && kind !== "") return { apiVersion: list["apiVersion"]!, kind, ...item };
  }
  throw faultAt(
    context,
    steps,
    `Reading the ${JSON.stringify(list["kind"])} failed: item ${steps.at(-1)} is no object with ` +
      `"apiVersion" and "kind"`,
  );
}
