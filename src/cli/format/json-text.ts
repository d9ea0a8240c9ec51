import { LOG_COMMAND } from "./visible.ts";

/**
 * What `JSON.stringify` leaves raw although it acts on a terminal or ends a line for some readers:
 * DEL, C1 controls, format characters (bidi overrides, zero-width, tags), U+2028 and U+2029.
 */
const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Half a UTF-16 pair. RFC 8259, section 8.2, calls what readers make of one unpredictable. */
const LONE_SURROGATE = /\p{Cs}/gu;

/**
 * `value` as pretty-printed JSON that any reader takes and no terminal or CI runner obeys; ends
 * with a line feed. Every string reads back as it was, except that a lone surrogate is U+FFFD.
 */
export function jsonText(value: unknown): string {
  return `${encode(value, 2)}\n`;
}

/** The same in one line, without a line feed. */
export function jsonLine(value: unknown): string {
  return encode(value, 0);
}

function encode(value: unknown, indent: number): string {
  const text = JSON.stringify(
    value,
    (_key, member) =>
      typeof member === "string" ? member.replace(LONE_SURROGATE, "\ufffd") : member,
    indent,
  );
  // Outside its strings this text holds no such character but the line feeds of the layout.
  return text.replace(RAW, (character) => character === "\n" ? character : escaped(character))
    // CI runners obey these even inside of a JSON string.
    .replace(LOG_COMMAND, "#\\u0023");
}

/** `\uXXXX` for each UTF-16 code unit of `character`. */
function escaped(character: string): string {
  return character.split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
