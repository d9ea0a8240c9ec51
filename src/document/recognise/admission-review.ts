import { isJsonObject, type JsonObject } from "../../json.ts";
import { getMember } from "../own-member.ts";
import { type Draft, faultAt, type RecogniseContext, text, textOrNothing } from "./draft.ts";
import { objectName } from "./kubernetes-name.ts";

const OPERATIONS = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

/** True for the envelope that an API server sends to a webhook. */
export function isAdmissionReview(object: JsonObject): boolean {
  return object["kind"] === "AdmissionReview" &&
    /^admission\.k8s\.io\//.test(textOrNothing(object["apiVersion"]));
}

/** True for the request of an AdmissionReview that stands alone. */
export function isAdmissionRequest(object: JsonObject): boolean {
  return text(object["uid"]) !== undefined && OPERATIONS.has(textOrNothing(object["operation"])) &&
    text(getMember(object["kind"], "kind")) !== undefined &&
    ["object", "oldObject", "resource"].some((key) => Object.hasOwn(object, key));
}

/**
 * The document that an admission request asks about: its `object`, null for DELETE, with the rest of
 * the request (the old object too) under `annotations.request`.
 *
 * @see k8s.io/api/admission/v1, AdmissionRequest
 */
export function readAdmission(
  request: JsonObject,
  base: readonly string[],
  context: RecogniseContext,
): Draft {
  const operation = textOrNothing(request["operation"]);
  if (!isAdmissionRequest(request)) {
    throw faultAt(
      context,
      base,
      `Reading the AdmissionReview failed: its request lacks a "uid", a "kind" or an "operation" of ` +
        [...OPERATIONS].join(", "),
    );
  }
  const { object = null, ...rest } = request;
  if (object !== null && !isJsonObject(object)) {
    throw faultAt(
      context,
      [...base, "object"],
      "Reading the AdmissionReview failed: its object is none",
    );
  }
  if (object === null && (operation === "CREATE" || operation === "UPDATE")) {
    throw faultAt(
      context,
      base,
      `Reading the AdmissionReview failed: ${operation} comes without an object`,
    );
  }
  return {
    kind: "kubernetes",
    object,
    name: objectName(object ?? {}, {
      kind: text(getMember(request["kind"], "kind")),
      namespace: text(request["namespace"]),
      name: text(request["name"]),
    }),
    operation,
    annotations: { request: rest },
    base: [...base, "object"],
  };
}
