import { PluginError } from "../plugin-error.ts";

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

// C0 controls other than tab, line feed and carriage return: no format of ours allows them bare.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F]/;

/**
 * The text of a file: UTF-8, or UTF-16 in either byte order. A byte-order mark decides and is
 * dropped; without one, a NUL beside the first byte means UTF-16, since every format of ours begins
 * with an ASCII character.
 *
 * @throws {PluginError} `document.encoding` for ill-formed text, UTF-32, and control characters that
 * only a binary file holds
 * @see YAML 1.2.2, section 5.2
 */
export function decodeText(bytes: Uint8Array): string {
  const { encoding, skip } = detectEncoding(bytes);
  const body = bytes.subarray(skip);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw encodingFault(
      `it is not well-formed ${encoding.toUpperCase()}`,
      lenientPrefix(body, encoding),
      cause,
    );
  }
  const control = text.search(CONTROL);
  if (control >= 0) {
    const code = text.charCodeAt(control).toString(16).toUpperCase().padStart(4, "0");
    throw encodingFault(`it holds the control character U+${code}`, text.slice(0, control));
  }
  return text;
}

function detectEncoding(bytes: Uint8Array): { encoding: Encoding; skip: number } {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", skip: 3 };
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0)) {
    throw encodingFault("it looks like UTF-32 or a binary file", "");
  }
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", skip: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: "utf-16be", skip: 2 };
  if (a !== undefined && b === 0) return { encoding: "utf-16le", skip: 0 };
  if (a === 0 && b !== undefined) return { encoding: "utf-16be", skip: 0 };
  return { encoding: "utf-8", skip: 0 };
}

/** What can be read before the first ill-formed sequence, so that an error can say where it is. */
function lenientPrefix(bytes: Uint8Array, encoding: Encoding): string {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd && !isWritten(bytes, at, encoding)) return text.slice(0, i);
    if (encoding !== "utf-8") at += 2;
    else if (code < 0x80) at += 1;
    else if (code < 0x800) at += 2;
    else if (code >= 0xd800 && code < 0xdc00) {
      at += 4;
      i++;
    } else at += 3;
  }
  return text;
}

/** Whether U+FFFD itself stands at `at`, not an ill-formed sequence that was replaced by it. */
function isWritten(bytes: Uint8Array, at: number, encoding: Encoding): boolean {
  if (encoding === "utf-16le") return bytes[at] === 0xfd && bytes[at + 1] === 0xff;
  if (encoding === "utf-16be") return bytes[at] === 0xff && bytes[at + 1] === 0xfd;
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
}

function encodingFault(what: string, before: string, cause?: unknown): PluginError {
  const lines = before.split(/\r\n|\r|\n/);
  return new PluginError(
    "document.encoding",
    `Decoding the input failed: ${what}; UTF-8 or UTF-16 text is wanted`,
    {
      details: { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
