import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { isCipdPackage, readCipdInstanceId } from "../cipd-instance.ts";
import { type Draft, faultAt, type RecogniseContext, type Recogniser, text } from "./draft.ts";

/** Pins of CIPD packages: lines of ensure files, resolved versions, and pins in JSON. */
export const CIPD_PIN: Recogniser = {
  kind: "cipd.pin",
  syntaxes: ["cipd-ensure", "cipd-versions", "json", "json-lines"],
  wants:
    'an ensure file, a file of resolved versions, or an object with "package" and "instanceId"',
  claims: (value, { syntax }) =>
    syntax === "cipd-ensure" || syntax === "cipd-versions" ||
    (isJsonObject(value) && text(value["package"]) !== undefined &&
      text(value["instanceId"]) !== undefined),
  read(value, context) {
    const isText = context.syntax === "cipd-ensure" || context.syntax === "cipd-versions";
    return [
      isText
        ? pinDraft(value as JsonObject, "text/plain")
        : readJsonPin(value as JsonObject, context),
    ];
  },
};

/** The definition that a CIPD package is built from. @see luci-go, cipd/client/cipd/builder/pkgdef.go */
export const CIPD_PACKAGE: Recogniser = {
  kind: "cipd.package",
  syntaxes: ["yaml", "json"],
  wants:
    'an object with "package" and a list "data" of objects with "file", "dir" or "version_file"',
  claims: (value) => {
    if (!isJsonObject(value) || text(value["package"]) === undefined) return false;
    const { data } = value;
    return Array.isArray(data) && data.length > 0 && data.every(isDataEntry);
  },
  accepts: (value) => isJsonObject(value) && text(value["package"]) !== undefined,
  read: (value) => [{
    kind: "cipd.package",
    object: value,
    name: String((value as JsonObject)["package"]),
    base: [],
  }],
};

function isDataEntry(entry: JsonValue): boolean {
  return isJsonObject(entry) &&
    ["file", "dir", "version_file"].some((key) => typeof entry[key] === "string");
}

function pinDraft(pin: JsonObject, mediaType: string): Draft {
  const { package: name, hashAlgo, hexDigest } = pin;
  return {
    kind: "cipd.pin",
    object: pin,
    name: String(name),
    mediaType,
    ...(hexDigest === undefined
      ? {}
      : { digest: `${String(hashAlgo).toLowerCase()}:${String(hexDigest)}` }),
    base: [],
  };
}

/** The hash follows from the instance ID; where both are there they must agree. */
function readJsonPin(pin: JsonObject, context: RecogniseContext): Draft {
  const instance = readCipdInstanceId(String(pin["instanceId"]));
  if (instance === undefined) {
    throw faultAt(
      context,
      ["instanceId"],
      'Reading the CIPD pin failed: "instanceId" is no instance ID',
    );
  }
  if (!isCipdPackage(String(pin["package"]))) {
    throw faultAt(
      context,
      ["package"],
      'Reading the CIPD pin failed: "package" is no package name',
    );
  }
  for (const [field, value] of Object.entries(instance)) {
    if (pin[field] !== undefined && pin[field] !== value) {
      throw faultAt(
        context,
        [field],
        `Reading the CIPD pin failed: "${field}" is not what the instance ID says, ${value}`,
      );
    }
  }
  return pinDraft({ ...pin, ...instance }, "application/json");
}
