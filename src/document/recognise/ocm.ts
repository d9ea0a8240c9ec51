import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { getMember } from "../own-member.ts";
import { type Draft, faultAt, type RecogniseContext, type Recogniser, text } from "./draft.ts";
import { refuseItems } from "./kubernetes-items.ts";

const PARTS = ["resources", "sources", "componentReferences", "references"];

/**
 * OCM component descriptors, v2 and v3alpha1, and the constructors that they are made from.
 *
 * @see https://github.com/open-component-model/ocm-spec
 */
export const OCM_COMPONENT: Recogniser = {
  kind: "ocm.component",
  syntaxes: ["yaml", "json"],
  wants:
    'a component descriptor ("meta.schemaVersion" v2, or ocm.software/v3alpha1), or a constructor',
  claims: (value) =>
    isJsonObject(value) &&
    (isOcmDescriptorV3(value) || isDescriptorV2(value) || isConstructor(value) ||
      isComponent(value)),
  read(value, context) {
    const object = value as JsonObject;
    refuseItems(object, [], context);
    if (isOcmDescriptorV3(object)) return [readDescriptor(object, object["metadata"], context)];
    if (isDescriptorV2(object)) return [readDescriptor(object, object["component"], context)];
    const components = object["components"];
    const only = Array.isArray(components)
      ? components.length === 1 ? components[0] : undefined
      : object;
    return [draft(object, isJsonObject(only) ? componentName(only) : undefined)];
  },
};

/** True for a descriptor that looks like a Kubernetes object. */
export function isOcmDescriptorV3(object: JsonObject): boolean {
  return object["apiVersion"] === "ocm.software/v3alpha1" && object["kind"] === "ComponentVersion";
}

function isDescriptorV2(object: JsonObject): boolean {
  return getMember(object["meta"], "schemaVersion") === "v2" && Object.hasOwn(object, "component");
}

function isConstructor(object: JsonObject): boolean {
  const { components } = object;
  return Array.isArray(components) && components.length > 0 &&
    components.every((one) => isJsonObject(one) && hasProvider(one));
}

/** A constructor's component that stands alone. */
function isComponent(object: JsonObject): boolean {
  return hasProvider(object) && PARTS.some((part) => Array.isArray(object[part]));
}

function hasProvider(object: JsonObject): boolean {
  const { provider } = object;
  return text(object["name"]) !== undefined &&
    (text(provider) !== undefined || text(getMember(provider, "name")) !== undefined);
}

function readDescriptor(
  object: JsonObject,
  head: JsonValue | undefined,
  context: RecogniseContext,
): Draft {
  const name = isJsonObject(head) ? componentName(head) : undefined;
  if (name === undefined) {
    throw faultAt(
      context,
      [],
      "Reading the component descriptor failed: the component has no name",
    );
  }
  return draft(object, name);
}

function componentName(component: JsonObject): string | undefined {
  const name = text(component["name"]);
  const version = component["version"];
  return name !== undefined && typeof version === "string" ? `${name}:${version}` : name;
}

function draft(object: JsonObject, name: string | undefined): Draft {
  return { kind: "ocm.component", object, base: [], ...(name === undefined ? {} : { name }) };
}
