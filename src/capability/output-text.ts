import { encodeBase64 } from "../document/base64.ts";
import { firstCharacters } from "../first-characters.ts";

/** What a program wrote, for JSON. */
export interface OutputText {
  readonly text: string;
  /** The bytes are no UTF-8, so the text is their base64 (RFC 4648, section 4). */
  readonly isBase64: boolean;
}

/** @param isCut The last character may be there in part; then it is left out. */
export function outputText(bytes: Uint8Array, isCut: boolean): OutputText {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes, { stream: isCut }), isBase64: false };
  } catch {
    return { text: encodeBase64(bytes), isBase64: true };
  }
}

/** A line that shows what a program or a guest wrote, and does nothing where it is printed. */
export function shownOutput(output: string | Uint8Array, maxLength = 512): string {
  const text = typeof output === "string" ? output : new TextDecoder().decode(output);
  const line = text.trim().replace(/\s+/g, " ").replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  if (line.length <= maxLength) return line;
  return `${firstCharacters(line, maxLength)}…`;
}
