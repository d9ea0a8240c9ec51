import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { getMember } from "../own-member.ts";
import {
  type Draft,
  faultAt,
  type RecogniseContext,
  type Recogniser,
  text,
  textOrNothing,
} from "./draft.ts";

/** CycloneDX in JSON. @see https://cyclonedx.org/docs/1.6/json/ */
export const CYCLONEDX: Recogniser = {
  kind: "cyclonedx",
  syntaxes: ["json", "json-lines", "yaml"],
  wants: 'an object with "bomFormat": "CycloneDX" and a "specVersion"',
  claims: (value) =>
    isJsonObject(value) &&
    (value["bomFormat"] === "CycloneDX" ||
      /^https?:\/\/cyclonedx\.org\/schema\/bom-1\./.test(textOrNothing(value["$schema"]))),
  read(value, context) {
    const object = value as JsonObject;
    if (object["bomFormat"] !== "CycloneDX" || text(object["specVersion"]) === undefined) {
      throw faultAt(
        context,
        [],
        'Reading the CycloneDX document failed: "bomFormat" or "specVersion" is missing',
      );
    }
    const component = getMember(object["metadata"], "component");
    const name = text(getMember(component, "name"));
    const version = text(getMember(component, "version"));
    return [draft("cyclonedx", "application/vnd.cyclonedx+json", object, join(name, "@", version))];
  },
};

/** SPDX 2 in JSON, and SPDX 3 in JSON-LD. @see https://spdx.github.io/spdx-spec/ */
export const SPDX: Recogniser = {
  kind: "spdx",
  syntaxes: ["json", "json-lines", "yaml"],
  wants:
    'an object with "spdxVersion" and "SPDXID", or with the "@context" of SPDX 3 and a "@graph"',
  claims: (value) =>
    isJsonObject(value) &&
    (isSpdx3(value) || textOrNothing(value["spdxVersion"]).startsWith("SPDX-")),
  read(value, context) {
    const object = value as JsonObject;
    if (isSpdx3(object)) return [draft("spdx", SPDX_MEDIA_TYPE, object, spdx3Name(object))];
    if (text(object["SPDXID"]) === undefined) throw missingId(context);
    return [draft("spdx", SPDX_MEDIA_TYPE, object, text(object["name"]))];
  },
};

const SPDX_MEDIA_TYPE = "application/spdx+json";

function isSpdx3(object: JsonObject): boolean {
  const context = object["@context"];
  const contexts = Array.isArray(context) ? context : [context];
  return Array.isArray(object["@graph"]) &&
    contexts.some((one) => /^https:\/\/spdx\.org\/rdf\/3\./.test(textOrNothing(one)));
}

function spdx3Name(object: JsonObject): string | undefined {
  const document = (object["@graph"] as JsonValue[]).find((element) =>
    getMember(element, "type") === "SpdxDocument"
  );
  return text(getMember(document, "name"));
}

function missingId(context: RecogniseContext): Error {
  return faultAt(context, [], 'Reading the SPDX document failed: "SPDXID" is missing');
}

function join(name: string | undefined, by: string, rest: string | undefined): string | undefined {
  return name !== undefined && rest !== undefined ? name + by + rest : name;
}

function draft(
  kind: "cyclonedx" | "spdx",
  mediaType: string,
  object: JsonObject,
  name: string | undefined,
): Draft {
  return { kind, mediaType, object, base: [], ...(name === undefined ? {} : { name }) };
}
