import { isDigit, isLowerHex } from "./ascii";

/** Bytes of the escape at `at`, 0 if it is none. */
export function escapeLength(at: usize): usize {
  const byte = load<u8>(at, 1);
  if (byte == 0x75) return hexValue(at + 2) < 0 ? 0 : 6; // u
  const simple = byte == 0x22 || byte == 0x5c || byte == 0x2f || byte == 0x62 || byte == 0x66 ||
    byte == 0x6e || byte == 0x72 || byte == 0x74;
  return simple ? 2 : 0;
}

/** The four hexadecimal digits at `at`, -1 if they are none. */
function hexValue(at: usize): i32 {
  let value = 0;
  for (let i: usize = 0; i < 4; i++) {
    const byte = load<u8>(at + i);
    const lower = byte | 0x20;
    if (isDigit(byte)) value = (value << 4) | (byte - 0x30);
    else if (isLowerHex(lower)) value = (value << 4) | (lower - 0x57);
    else return -1;
  }
  return value;
}

/**
 * Bytes of the UTF-8 sequence at `at`, 0 if it is overlong, a surrogate, too large or cut off.
 * @see RFC 3629, section 4
 */
export function utf8Length(at: usize): usize {
  const a = load<u8>(at);
  const b = load<u8>(at, 1);
  if ((b & 0xc0) != 0x80 || a < 0xc2 || a > 0xf4) return 0;
  if (a < 0xe0) return 2;
  if ((load<u8>(at, 2) & 0xc0) != 0x80) return 0;
  if (a < 0xf0) return (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ? 0 : 3;
  if ((load<u8>(at, 3) & 0xc0) != 0x80) return 0;
  return (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ? 0 : 4;
}

/** The characters from `start` to `end`, escapes and UTF-8 turned into UTF-16; both are valid. */
export function decode(start: usize, end: usize): string {
  let at = start;
  // No spelling of a character takes fewer bytes than it has UTF-16 units.
  const text = __new((end - at) << 1, idof<string>());
  let to = text;
  while (at < end) {
    const byte = <u32> load<u8>(at);
    if (byte == 0x5c) {
      const letter = load<u8>(at, 1);
      store<u16>(to, letter == 0x75 ? <u16> hexValue(at + 2) : unescape(letter));
      at += letter == 0x75 ? 6 : 2;
    } else if (byte < 0x80) {
      store<u16>(to, <u16> byte);
      at++;
    } else if (byte < 0xe0) {
      store<u16>(to, <u16> ((byte & 0x1f) << 6 | next(at, 1)));
      at += 2;
    } else if (byte < 0xf0) {
      store<u16>(to, <u16> ((byte & 0x0f) << 12 | next(at, 1) << 6 | next(at, 2)));
      at += 3;
    } else {
      const above = ((byte & 7) << 18 | next(at, 1) << 12 | next(at, 2) << 6 | next(at, 3)) -
        0x10000;
      store<u16>(to, <u16> (0xd800 | above >> 10));
      to += 2;
      store<u16>(to, <u16> (0xdc00 | above & 0x3ff));
      at += 4;
    }
    to += 2;
  }
  return changetype<string>(__renew(text, to - text));
}

/** The six bits of a UTF-8 sequence's byte `index`. */
function next(at: usize, index: usize): u32 {
  return <u32> load<u8>(at + index) & 0x3f;
}

function unescape(letter: u8): u16 {
  switch (letter) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return letter; // " \ /
  }
}
