import { visible } from "./visible.ts";

/** The lines of an element with children, indented by two. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly (readonly string[])[],
): string[] {
  const open = openTag(name, attributes);
  if (children.length === 0) return [`<${open}/>`];
  return [`<${open}>`, ...children.flat().map((line) => `  ${line}`), `</${name}>`];
}

/** An element that holds text only. It is one array entry, so that its lines are not indented. */
export function textElement(
  name: string,
  attributes: Readonly<Record<string, string>>,
  lines: readonly string[],
): string[] {
  const text = lines.map(escapeXml).join("\n");
  return [`<${openTag(name, attributes)}>${text}</${name}>`];
}

function openTag(name: string, attributes: Readonly<Record<string, string>>): string {
  return [name, ...Object.entries(attributes).map(([key, text]) => `${key}="${escapeXml(text)}"`)]
    .join(" ");
}

/** Text or an attribute's value. `>` too is escaped, since `]]>` may not stand in text. */
export function escapeXml(text: string): string {
  return visible(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;");
}
