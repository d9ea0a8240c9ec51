/** An element with its attributes, child elements and own text, entities decoded. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Anything outside XML 1.0's Char production. @see XML 1.0, section 2.2 */
// deno-lint-ignore no-control-regex -- the production names them
const NOT_A_CHAR = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/**
 * Reads the part of XML that a JUnit report needs, and refuses everything else: comments, CDATA,
 * doctypes, unknown entities, `]]>` in text, a doubled attribute, anything behind the root.
 *
 * @throws {Error} Where the text is not well-formed.
 */
export function parseXml(xml: string): XmlElement {
  const illegal = NOT_A_CHAR.exec(xml);
  if (illegal !== null) throw new Error(`character ${illegal[0].charCodeAt(0)} is no XML`);
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!xml.startsWith(declaration)) throw new Error("no XML declaration");
  const root: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  const token = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  token.lastIndex = declaration.length;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const match = token.exec(xml);
    if (match === null) throw new Error(`no XML at ${JSON.stringify(xml.slice(at, at + 40))}`);
    const [, closing, name, attributes = "", empty, text] = match;
    const parent = open.at(-1)!;
    if (text !== undefined) {
      if (text.includes("]]>")) throw new Error("]]> in text");
      parent.text += decode(text);
    } else if (closing === "/") {
      if (open.pop()!.name !== name || attributes !== "" || empty !== "") {
        throw new Error(`</${name}> closes nothing`);
      }
    } else {
      const element = {
        name: name!,
        attributes: parseAttributes(attributes),
        children: [],
        text: "",
      };
      parent.children.push(element);
      if (empty === "") open.push(element);
    }
  }
  const [only, ...others] = root.children;
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is not closed`);
  if (only === undefined || others.length > 0) throw new Error("not one root element");
  if (root.text.trim() !== "") throw new Error("text outside the root");
  return only;
}

function parseAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/ ([a-z]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`the attribute ${name} stands twice`);
    attributes[name] = decode(value);
  }
  return attributes;
}

function decode(text: string): string {
  return text.replace(/&([^;&]*);|&/g, (all, name: string | undefined) => {
    const character = name === undefined ? undefined : ENTITIES[name];
    if (character === undefined) throw new Error(`the entity ${all} is not known`);
    return character;
  });
}
