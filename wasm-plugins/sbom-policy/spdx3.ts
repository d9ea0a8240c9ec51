import type { JsonObject, JsonValue } from "cofferdam/guest";
import { isObject, pointerStep } from "../shared/json.ts";
import type { DocumentReader, Place } from "./document-reader.ts";
import type { Item, Listing, Role, Statement } from "./item.ts";

/** A licence that an element has by a relationship. */
interface LicenseLink {
  readonly source: "concluded" | "declared";
  /** The licence element or its identifier. */
  readonly to: JsonValue;
  readonly path: string;
}

const LICENSE_RELATIONSHIPS: ReadonlyMap<string, LicenseLink["source"]> = new Map([
  ["hasConcludedLicense", "concluded"],
  ["hasDeclaredLicense", "declared"],
]);

const LISTED = /^https?:\/\/spdx\.org\/licenses\/([A-Za-z0-9.+-]+)$/;
const NOTHING = /(?:^|[/_])(None|NoAssertion)License$/;

/**
 * Lists the packages, files and snippets of an SPDX 3 document in JSON-LD, wherever they stand in it.
 * Licences are understood as expressions and as ids of SPDX's list.
 *
 * @see https://spdx.github.io/spdx-spec/v3.0.1/
 */
export function listSpdx3(document: JsonObject, reader: DocumentReader): Listing {
  const places = typedObjects(document, reader);
  const byId = new Map<string, JsonObject>();
  for (const { object: element, path } of places) {
    const id = reader.text(element, "spdxId", path);
    if (id === undefined) continue;
    if (byId.has(id)) reader.malformed(`${path}/spdxId`, "an id that nothing else has");
    byId.set(id, element);
  }

  const links = new Map<string, LicenseLink[]>();
  const roots = new Set<string>();
  for (const { object: element, path } of places) {
    const type = element["type"];
    if (type === "Relationship") readLinks(element, path, links, reader);
    if (type === "SpdxDocument" || type === "software_Sbom") {
      for (const root of reader.list(element, "rootElement", path)) {
        const id = idOf(root);
        if (roleOf(byId.get(id ?? "")) === "package") roots.add(id!);
      }
    }
  }

  const items = places.flatMap(({ object: element, path }): Item[] => {
    const role = roleOf(element);
    if (role === undefined) return [];
    const id = reader.requiredText(element, "spdxId", path);
    return [{
      path,
      role: roots.size === 1 && roots.has(id) ? "product" : role,
      name: reader.text(element, "name", path) ?? id,
      group: undefined,
      version: reader.text(element, "software_packageVersion", path) || undefined,
      packageUrls: readPackageUrls(element, path, reader),
      statements: (links.get(id) ?? []).flatMap((link) => readLicense(link, byId, reader)),
    }];
  });
  return { items, own: [] };
}

/** Every object with a type, at any depth: elements may stand within others. */
function typedObjects(document: JsonObject, reader: DocumentReader): Place[] {
  const found: Place[] = [];
  const waiting: [JsonValue, string][] = [[document["@graph"] ?? [], "/@graph"]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    if (typeof value !== "object" || value === null) continue;
    if (isObject(value)) {
      if (value["@type"] !== undefined || value["@id"] !== undefined) {
        // Another spelling of the same graph, which would have to be expanded first.
        if (value["type"] === undefined) {
          reader.malformed(path, 'an element with "type" and "spdxId"');
        }
      }
      if (reader.text(value, "type", path) !== undefined) found.push({ object: value, path });
    }
    const children = Object.entries(value).map(([key, child]): [JsonValue, string] => [
      child,
      `${path}/${pointerStep(key)}`,
    ]);
    for (const child of children.reverse()) waiting.push(child);
  }
  return found;
}

/** Packages of all profiles are named so: software_Package, ai_AIPackage, dataset_DatasetPackage. */
function roleOf(element: JsonObject | undefined): Role | undefined {
  const type = element === undefined ? undefined : element["type"];
  if (typeof type !== "string") return undefined;
  if (/Package$/.test(type)) return "package";
  return /(?:^|[/_])(?:File|Snippet)$/.test(type) ? "file" : undefined;
}

function idOf(value: JsonValue | undefined): string | undefined {
  const id = isObject(value) ? value["spdxId"] : value;
  return typeof id === "string" ? id : undefined;
}

function readLinks(
  element: JsonObject,
  path: string,
  links: Map<string, LicenseLink[]>,
  reader: DocumentReader,
): void {
  const type = reader.text(element, "relationshipType", path) ?? "";
  const source = LICENSE_RELATIONSHIPS.get(type.replace(/^.*\//, ""));
  if (source === undefined) return;
  const from = idOf(element["from"]);
  if (from === undefined) return reader.malformed(path, "a relationship from an element");
  const known = links.get(from) ?? [];
  links.set(from, known);
  reader.list(element, "to", path).forEach((to, i) => {
    known.push({ source, to, path: `${path}/to/${i}` });
  });
}

function readLicense(
  { source, to, path }: LicenseLink,
  byId: ReadonlyMap<string, JsonObject>,
  reader: DocumentReader,
): Statement[] {
  const id = idOf(to) ?? "";
  const element = isObject(to) ? to : byId.get(id);
  const statement = (text: string): Statement[] => [{ text, path, form: "expression", source }];
  const nothing = NOTHING.exec(id) ?? NOTHING.exec(String(element && element["type"]));
  if (nothing) return statement(nothing[1]!.toUpperCase());
  const text = element &&
    reader.text(element, "simplelicensing_licenseExpression", path);
  if (text !== undefined) return statement(text);
  const listed = LISTED.exec(id)?.[1];
  if (listed !== undefined) return statement(listed);
  reader.malformed(
    path,
    "a licence expression or an id of SPDX's list, which are what is understood",
  );
  return [];
}

function readPackageUrls(element: JsonObject, path: string, reader: DocumentReader): string[] {
  const own = reader.text(element, "software_packageUrl", path);
  const others = reader.objects(element, "externalIdentifier", path)
    .filter(({ object: identifier, path: place }) =>
      reader.text(identifier, "externalIdentifierType", place) === "packageUrl"
    )
    .map(({ object: identifier, path: place }) => reader.text(identifier, "identifier", place));
  return [own, ...others].filter((text) => text !== undefined);
}
