import type { JsonObject } from "cofferdam/guest";
import type { DocumentReader } from "./document-reader.ts";
import type { Item, Listing, Role, Statement } from "./item.ts";

/** The lists of a document and what their items call themselves and the licences found in them. */
const LISTS = [
  { list: "packages", role: "package", name: "name", declared: "licenseDeclared" },
  { list: "files", role: "file", name: "fileName", declared: "licenseInfoInFiles" },
  { list: "snippets", role: "file", name: "name", declared: "licenseInfoInSnippets" },
] as const;

/**
 * Lists the packages, files and snippets of an SPDX 2 document.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function listSpdx2(document: JsonObject, reader: DocumentReader): Listing {
  const explained = new Map<string, string | undefined>();
  for (const { object, path } of reader.objects(document, "hasExtractedLicensingInfos", "")) {
    const id = reader.requiredText(object, "licenseId", path);
    explained.set(id, reader.text(object, "name", path));
  }

  const product = theOnlyOne(describedBy(document, reader));
  const seen = new Set<string>();
  const items: Item[] = [];
  for (const { list, role, name, declared } of LISTS) {
    for (const { object: entry, path } of reader.objects(document, list, "")) {
      const id = reader.requiredText(entry, "SPDXID", path);
      if (seen.has(id)) reader.malformed(`${path}/SPDXID`, "an id that nothing else has");
      seen.add(id);
      items.push({
        path,
        role: role === "package" && id === product ? "product" : role as Role,
        name: list === "snippets"
          ? reader.text(entry, name, path) ?? id
          : reader.requiredText(entry, name, path),
        group: undefined,
        version: reader.text(entry, "versionInfo", path) || undefined,
        packageUrls: role === "package" ? readPackageUrls(entry, path, reader) : [],
        statements: [
          ...readStatement(entry, "licenseConcluded", path, "concluded", reader),
          ...(role === "package"
            ? readStatement(entry, declared, path, "declared", reader)
            : readFound(entry, declared, path, reader)),
        ],
      });
    }
  }
  const own = readStatement(document, "dataLicense", "", undefined, reader);
  return { items, own, explained };
}

/** What the document says it is about: by its list of ids, or by relationships to itself. */
function describedBy(document: JsonObject, reader: DocumentReader): Set<string> {
  const ids = new Set<string>();
  for (const id of reader.list(document, "documentDescribes", "")) {
    if (typeof id === "string") ids.add(id);
  }
  const self = reader.text(document, "SPDXID", "");
  for (const { object: relationship, path } of reader.objects(document, "relationships", "")) {
    const type = reader.text(relationship, "relationshipType", path);
    const from = reader.text(relationship, "spdxElementId", path);
    const to = reader.text(relationship, "relatedSpdxElement", path);
    if (type === "DESCRIBES" && from === self && to !== undefined) ids.add(to);
    if (type === "DESCRIBED_BY" && to === self && from !== undefined) ids.add(from);
  }
  return ids;
}

/** Of several things none is the product: a document could call everything in it so. */
function theOnlyOne(ids: ReadonlySet<string>): string | undefined {
  return ids.size === 1 ? [...ids][0] : undefined;
}

function readPackageUrls(entry: JsonObject, path: string, reader: DocumentReader): string[] {
  return reader.objects(entry, "externalRefs", path).flatMap(
    ({ object: reference, path: place }) => {
      const type = reader.text(reference, "referenceType", place);
      if (type !== "purl" && !type?.endsWith("/purl")) return [];
      return reader.text(reference, "referenceLocator", place) ?? [];
    },
  );
}

function readStatement(
  entry: JsonObject,
  key: string,
  path: string,
  source: Statement["source"],
  reader: DocumentReader,
): Statement[] {
  const text = reader.text(entry, key, path);
  return text === undefined ? [] : [{ text, path: `${path}/${key}`, form: "expression", source }];
}

/** The licences that were found in a file stand in a list; all of them count. */
function readFound(
  entry: JsonObject,
  key: string,
  path: string,
  reader: DocumentReader,
): Statement[] {
  return reader.list(entry, key, path).flatMap((text, i): Statement[] => {
    const place = `${path}/${key}/${i}`;
    if (typeof text === "string") {
      return [{ text, path: place, form: "expression", source: "declared" }];
    }
    reader.malformed(place, "a text");
    return [];
  });
}
