import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { foldBody, refuseClash, unfoldSteps } from "./go-fold.ts";
import type { Structure } from "./docker-schema.ts";
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

const IPAM: Structure = { fields: { type: null } };
const PLUGIN: Structure = {
  fields: {
    cniVersion: null,
    name: null,
    type: null,
    ipam: IPAM,
    delegate: { fields: { type: null, ipam: IPAM } },
    capabilities: null,
    runtimeConfig: null,
    prevResult: null,
  },
};
/** libcni and the plugins decode these with Go's `encoding/json`, which ignores case. */
const CONFIG: Structure = {
  fields: { ...PLUGIN.fields, cniVersions: null, disableCheck: null, plugins: { items: PLUGIN } },
};

/**
 * CNI network configurations: of one plugin, and lists of plugins. The fields that libcni acts upon
 * get their own spelling.
 *
 * @see CNI SPEC 1.1.0, section 1; libcni, conf.go
 */
export const CNI_CONFIG: Recogniser = {
  kind: "cni.config",
  syntaxes: ["json"],
  wants: 'an object with a "name" and a "type", or with a "name" and a list of "plugins"',
  claims(value, { source }) {
    const object = fold(value);
    return isJsonObject(object) && (isList(object, source.name) || isSingle(object));
  },
  accepts(value) {
    const object = fold(value);
    return isJsonObject(object) && text(object["name"]) !== undefined &&
      (text(object["type"]) !== undefined || Array.isArray(object["plugins"]));
  },
  read(value, context) {
    const object = foldBody(
      value,
      CONFIG,
      refuseClash(context, [], "CNI configuration", "libcni"),
    ) as JsonObject;
    if (text(object["type"]) === undefined || Object.hasOwn(object, "plugins")) {
      checkList(object, context);
    }
    return [{
      kind: "cni.config",
      object,
      base: [],
      place: (tokens) => ({ steps: unfoldSteps(value, tokens), isValue: false }),
    }];
  },
};

/** The value as libcni spells it, where two keys do not clash; the clash is for `read` to report. */
function fold(value: JsonValue): JsonValue {
  return foldBody(value, CONFIG, () => {});
}

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
