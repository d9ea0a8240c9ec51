import type { JsonObject } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import type { DocumentReader, Place } from "./document-reader.ts";
import type { Item, Listing, Role, Statement } from "./item.ts";

/**
 * Lists the components of a CycloneDX document, those within others too, and the product that it
 * describes.
 *
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function listCycloneDx(document: JsonObject, reader: DocumentReader): Listing {
  if (reader.text(document, "specVersion", "")?.startsWith("1.") === false) {
    reader.malformed("/specVersion", "a version of CycloneDX that is known here, 1.4 or later");
  }
  const items: Item[] = [];
  let own: readonly Statement[] = [];
  const { metadata } = document;
  if (isObject(metadata)) {
    own = readLicenses(metadata, "/metadata", reader);
    const product = metadata["component"];
    if (isObject(product)) {
      const path = "/metadata/component";
      items.push(readComponent(product, path, "product", reader));
      addComponents(reader.objects(product, "components", path), items, reader);
    } else if (product !== undefined) {
      reader.malformed("/metadata/component", "a component");
    }
  } else if (metadata !== undefined) {
    reader.malformed("/metadata", "an object");
  }
  addComponents(reader.objects(document, "components", ""), items, reader);
  return { items, own };
}

/** In the order of the text, and without calls within calls: documents nest as deep as they like. */
function addComponents(components: readonly Place[], items: Item[], reader: DocumentReader): void {
  const waiting = components.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { object, path } = next;
    items.push(readComponent(object, path, "package", reader));
    const inner = reader.objects(object, "components", path);
    for (let i = inner.length - 1; i >= 0; i--) waiting.push(inner[i]!);
  }
}

function readComponent(
  component: JsonObject,
  path: string,
  role: Role,
  reader: DocumentReader,
): Item {
  const packageUrl = reader.text(component, "purl", path);
  return {
    path,
    role,
    name: reader.requiredText(component, "name", path),
    group: reader.text(component, "group", path) || undefined,
    version: reader.text(component, "version", path) || undefined,
    packageUrls: packageUrl === undefined ? [] : [packageUrl],
    statements: readLicenses(component, path, reader),
  };
}

function readLicenses(object: JsonObject, path: string, reader: DocumentReader): Statement[] {
  const statements: Statement[] = [];
  for (const place of reader.objects(object, "licenses", path)) {
    const statement = readChoice(place, reader);
    if (statement !== undefined) statements.push(statement);
  }
  return statements;
}

/** A licence by its id or its name, or an expression; what is more than one of these is none. */
function readChoice({ object, path }: Place, reader: DocumentReader): Statement | undefined {
  const { expression, license } = object;
  if (expression !== undefined && license === undefined) {
    return readStatement(object, "expression", path, reader);
  }
  if (!isObject(license) || expression !== undefined) {
    reader.malformed(path, "either a license or an expression");
    return undefined;
  }
  const place = `${path}/license`;
  const { id, name } = license;
  if ((id === undefined) === (name === undefined)) {
    reader.malformed(place, "a license with either an id or a name");
    return undefined;
  }
  return readStatement(license, id === undefined ? "name" : "id", place, reader);
}

function readStatement(
  object: JsonObject,
  form: Statement["form"],
  path: string,
  reader: DocumentReader,
): Statement | undefined {
  const text = reader.text(object, form, path);
  if (text === undefined) return undefined;
  const said = reader.text(object, "acknowledgement", path);
  const source = said === "concluded" || said === "declared" ? said : undefined;
  return { text, path: `${path}/${form}`, form, source };
}
