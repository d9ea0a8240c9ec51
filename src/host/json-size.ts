/**
 * Whether JSON holds more than `most` values, before it is parsed: `[{},{},…]` takes sixty times as much
 * memory as its text. Counts what begins or parts values, outside of strings; what is no JSON is for
 * the parser to refuse.
 */
export function hasMoreValues(text: string, most: number): boolean {
  // Each takes a character at least.
  if (text.length <= most) return false;
  let values = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) inString = true;
    else if (unit === COMMA || unit === BRACE || unit === BRACKET) {
      if (++values > most) return true;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACE = 0x7b;
const BRACKET = 0x5b;
