import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { faultAt, type RecogniseContext, type Recogniser, text } from "./draft.ts";

/** Fields that tell the configuration of one plugin from any other object with a name and a type. */
const PLUGIN_FIELDS = [
  "ipam",
  "delegate",
  "delegates",
  "capabilities",
  "runtimeConfig",
  "prevResult",
  "disableCheck",
];

/**
 * CNI network configurations: of one plugin, and lists of plugins.
 *
 * @see CNI SPEC 1.1.0, section 1
 */
export const CNI_CONFIG: Recogniser = {
  kind: "cni.config",
  syntaxes: ["json"],
  wants: 'an object with a "name" and a "type", or with a "name" and a list of "plugins"',
  claims: (value, { source }) =>
    isJsonObject(value) && (isList(value, source.name) || isSingle(value)),
  accepts: (value) =>
    isJsonObject(value) && text(value["name"]) !== undefined &&
    (text(value["type"]) !== undefined || Array.isArray(value["plugins"])),
  read(value, context) {
    const object = value as JsonObject;
    if (text(object["type"]) === undefined || Object.hasOwn(object, "plugins")) {
      checkList(object, context);
    }
    return [{ kind: "cni.config", object, base: [] }];
  },
};

function isList(object: JsonObject, name: string): boolean {
  if (text(object["name"]) === undefined) return false;
  const { plugins } = object;
  // The ending says it is one; without plugins it is one that no runtime loads.
  if (/\.conflist$/i.test(name)) return Array.isArray(plugins) || hasVersion(object);
  return Array.isArray(plugins) && (hasVersion(object) || plugins.every(isPlugin)) &&
    plugins.length > 0;
}

function isSingle(object: JsonObject): boolean {
  return text(object["name"]) !== undefined && isPlugin(object) &&
    (hasVersion(object) || PLUGIN_FIELDS.some((field) => isJsonObject(object[field])));
}

function hasVersion(object: JsonObject): boolean {
  return text(object["cniVersion"]) !== undefined || Array.isArray(object["cniVersions"]);
}

function isPlugin(value: JsonValue): boolean {
  return isJsonObject(value) && text(value["type"]) !== undefined;
}

function checkList(object: JsonObject, context: RecogniseContext): void {
  const { plugins } = object;
  if (!Array.isArray(plugins) || plugins.length === 0) {
    throw faultAt(context, [], 'Reading the CNI configuration failed: it has no list of "plugins"');
  }
  const odd = plugins.findIndex((plugin) => !isPlugin(plugin));
  if (odd >= 0) {
    throw faultAt(
      context,
      ["plugins", String(odd)],
      `Reading the CNI configuration failed: plugin ${odd} has no "type"`,
    );
  }
}
