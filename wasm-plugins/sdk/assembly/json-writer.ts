import { Bytes } from "./extism";

/** Writes JSON as UTF-8. What is written by `raw` is the caller's to get right. */
export class JsonWriter {
  private buffer: usize = heap.alloc(1024);
  private capacity: usize = 1024;
  private length: usize = 0;

  /** ASCII that goes out as it is: brackets, commas, names. */
  raw(text: string): this {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.byte(<u8> text.charCodeAt(i));
    return this;
  }

  /** A string with its quotes; lone surrogates are written as escapes, since UTF-8 has none. */
  string(text: string): this {
    this.reserve(2 + 6 * text.length);
    this.byte(0x22);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit == 0x22 || unit == 0x5c) {
        this.byte(0x5c);
        this.byte(<u8> unit);
      } else if (unit < 0x20 || unit == 0x7f || isLoneSurrogate(text, i)) this.escape(unit);
      else if ((unit & 0xfc00) == 0xd800) this.utf8(text.codePointAt(i++));
      else this.utf8(unit);
    }
    this.byte(0x22);
    return this;
  }

  /** What was written so far. */
  bytes(): Bytes {
    return new Bytes(this.buffer, this.length);
  }

  private utf8(point: u32): void {
    if (point < 0x80) {
      this.byte(<u8> point);
      return;
    }
    if (point < 0x800) this.byte(<u8> (0xc0 | point >> 6));
    else {
      if (point < 0x10000) this.byte(<u8> (0xe0 | point >> 12));
      else {
        this.byte(<u8> (0xf0 | point >> 18));
        this.byte(<u8> (0x80 | point >> 12 & 0x3f));
      }
      this.byte(<u8> (0x80 | point >> 6 & 0x3f));
    }
    this.byte(<u8> (0x80 | point & 0x3f));
  }

  private escape(unit: u32): void {
    this.byte(0x5c);
    this.byte(0x75);
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = unit >> shift & 0xf;
      this.byte(<u8> (digit < 10 ? 0x30 + digit : 0x57 + digit));
    }
  }

  private byte(value: u8): void {
    store<u8>(this.buffer + this.length++, value);
  }

  private reserve(more: usize): void {
    const needed = this.length + more;
    if (needed <= this.capacity) return;
    this.capacity = max(needed, this.capacity << 1);
    this.buffer = heap.realloc(this.buffer, this.capacity);
  }
}

function isLoneSurrogate(text: string, index: i32): bool {
  const unit = text.charCodeAt(index);
  if ((unit & 0xf800) != 0xd800) return false;
  // A low one that belongs to a pair is never looked at: its high one takes both.
  if ((unit & 0xfc00) == 0xdc00 || index + 1 == text.length) return true;
  return (text.charCodeAt(index + 1) & 0xfc00) != 0xdc00;
}
