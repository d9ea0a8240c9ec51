/** Characters of the grammars that policies meet, which all are ASCII. */

export function isDigit(code: u32): bool {
  return code >= 0x30 && code <= 0x39;
}

export function isLowerCase(code: u32): bool {
  return code >= 0x61 && code <= 0x7a;
}

export function isLetter(code: u32): bool {
  return isLowerCase(code | 0x20) && code < 0x80;
}

/** A hexadecimal digit in lower case. */
export function isLowerHex(code: u32): bool {
  return isDigit(code) || (code >= 0x61 && code <= 0x66);
}

/** `text` with the letters A to Z in lower case; all of Unicode would take more tables than code. */
export function lowerCase(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x41 || code > 0x5a) continue;
    out += text.slice(from, i) + String.fromCharCode(code | 0x20);
    from = i + 1;
  }
  return from == 0 ? text : out + text.slice(from);
}
