import { isDigit } from "./ascii";
import { Bytes } from "./extism";
import { escapeLength, utf8Length } from "./json-string";

/** Objects and arrays within each other. The host stops at 200 for a judged document. */
const MAX_DEPTH: i32 = 512;

/** Nodes that the index grows by; it is the newest block while it grows, so growing copies nothing. */
const GROWTH: u32 = 1024;

/**
 * A parsed text: the bytes themselves and an index over them, eight bytes for each value and each
 * member name, in the order of the text. Strings are decoded only when somebody asks.
 *
 * A node is two u32: where its text begins, and where it ends. A scalar's end is an offset in the
 * text; that of an object or array is the number of the node behind it, so that skipping is one step.
 */
export class JsonDocument {
  constructor(
    readonly text: Bytes,
    readonly nodes: usize,
    /** Why the text is no JSON; empty if it is. */
    readonly problem: string,
  ) {}

  /** Where the text of `node` begins, in the guest's memory. */
  start(node: u32): usize {
    return this.text.start + load<u32>(this.nodes + ((<usize> node) << 3));
  }

  /** The first byte of `node`, which tells what it is. */
  tag(node: u32): u8 {
    return load<u8>(this.start(node));
  }

  /** The second half of `node`, see {@link JsonDocument}. */
  end(node: u32): u32 {
    return load<u32>(this.nodes + ((<usize> node) << 3), 4);
  }

  /** The node behind `node` and all that it holds. */
  skip(node: u32): u32 {
    const tag = this.tag(node);
    return tag == 0x7b || tag == 0x5b ? this.end(node) : node + 1;
  }
}

/**
 * Parses JSON (RFC 8259), strictly: one value, valid UTF-8, no number that is not one, nesting at
 * most 512. The host sends canonical JSON, in which equal names of one object would be neighbours:
 * two neighbours of one spelling are an error here.
 *
 * @param text At least eight zero bytes must stand behind it.
 */
export function parseJson(text: Bytes): JsonDocument {
  const parser = new Parser(text);
  parser.document();
  return new JsonDocument(text, parser.nodes, parser.problem);
}

class Parser {
  /** The next byte. A zero byte stands behind the text and fits nowhere, so no bound is checked. */
  private at: usize;
  nodes: usize = 0;
  private count: u32 = 0;
  private capacity: u32 = GROWTH;
  problem: string = "";

  constructor(private readonly text: Bytes) {
    this.at = text.start;
    this.nodes = heap.alloc((<usize> GROWTH) << 3);
  }

  document(): void {
    if (!this.value(0)) return;
    this.blank();
    if (this.at != this.text.end) this.fail("more text behind the value");
  }

  private value(depth: i32): bool {
    this.blank();
    const node = this.open();
    switch (load<u8>(this.at)) {
      case 0x22: // "
        return this.string() && this.close(node);
      case 0x7b: // {
        return this.members(depth + 1) && this.closeList(node);
      case 0x5b: // [
        return this.elements(depth + 1) && this.closeList(node);
      case 0x74: // t
        return this.literal("true") && this.close(node);
      case 0x66: // f
        return this.literal("false") && this.close(node);
      case 0x6e: // n
        return this.literal("null") && this.close(node);
      default:
        return this.number() && this.close(node);
    }
  }

  private members(depth: i32): bool {
    if (depth > MAX_DEPTH) return this.fail("nested too deeply");
    if (this.begin(0x7d)) return true;
    let previous: u32 = 0;
    while (true) {
      this.blank();
      if (load<u8>(this.at) != 0x22) return this.fail("expected a name in quotes");
      const name = this.open();
      if (!this.string()) return false;
      this.close(name);
      if (previous != 0 && this.sameText(previous, name)) return this.fail("a name stands twice");
      previous = name;
      this.blank();
      if (load<u8>(this.at) != 0x3a) return this.fail('expected ":"');
      this.at++;
      if (!this.value(depth)) return false;
      this.blank();
      const byte = load<u8>(this.at++);
      if (byte == 0x7d) return true;
      if (byte != 0x2c) return this.failBefore('expected "," or "}"');
    }
  }

  private elements(depth: i32): bool {
    if (depth > MAX_DEPTH) return this.fail("nested too deeply");
    if (this.begin(0x5d)) return true;
    while (true) {
      if (!this.value(depth)) return false;
      this.blank();
      const byte = load<u8>(this.at++);
      if (byte == 0x5d) return true;
      if (byte != 0x2c) return this.failBefore('expected "," or "]"');
    }
  }

  /** Steps over an opening bracket; true when `closing` follows at once. */
  private begin(closing: u8): bool {
    this.at++;
    this.blank();
    if (load<u8>(this.at) != closing) return false;
    this.at++;
    return true;
  }

  private string(): bool {
    let at = this.at + 1;
    while (true) {
      const byte = load<u8>(at);
      if (byte == 0x22) break;
      if (byte < 0x20) {
        return this.failAt(at, "a string does not end, or holds a control character");
      }
      const length = byte == 0x5c ? escapeLength(at) : byte < 0x80 ? 1 : utf8Length(at);
      if (length == 0) return this.failAt(at, "no valid escape or UTF-8");
      at += length;
    }
    this.at = at + 1;
    return true;
  }

  private number(): bool {
    if (load<u8>(this.at) == 0x2d) this.at++;
    if (load<u8>(this.at) == 0x30) this.at++;
    else if (!this.digits()) return false;
    if (load<u8>(this.at) == 0x2e) {
      this.at++;
      if (!this.digits()) return false;
    }
    if ((load<u8>(this.at) | 0x20) == 0x65) {
      this.at++;
      const sign = load<u8>(this.at);
      if (sign == 0x2b || sign == 0x2d) this.at++;
      if (!this.digits()) return false;
    }
    return true;
  }

  private digits(): bool {
    const from = this.at;
    while (isDigit(load<u8>(this.at))) this.at++;
    return this.at != from || this.fail("expected a value");
  }

  private literal(word: string): bool {
    for (let i = 0; i < word.length; i++) {
      if (load<u8>(this.at + i) != <u8> word.charCodeAt(i)) return this.fail("expected a value");
    }
    this.at += word.length;
    return true;
  }

  private blank(): void {
    while (isBlank(load<u8>(this.at))) this.at++;
  }

  private open(): u32 {
    if (this.count == this.capacity) {
      this.capacity += GROWTH;
      this.nodes = heap.realloc(this.nodes, (<usize> this.capacity) << 3);
    }
    const node = this.count++;
    store<u32>(this.nodes + ((<usize> node) << 3), <u32> (this.at - this.text.start));
    return node;
  }

  private close(node: u32): bool {
    store<u32>(this.nodes + ((<usize> node) << 3), <u32> (this.at - this.text.start), 4);
    return true;
  }

  private closeList(node: u32): bool {
    store<u32>(this.nodes + ((<usize> node) << 3), this.count, 4);
    return true;
  }

  private sameText(a: u32, b: u32): bool {
    const nodeA = this.nodes + ((<usize> a) << 3);
    const nodeB = this.nodes + ((<usize> b) << 3);
    const length = load<u32>(nodeA, 4) - load<u32>(nodeA);
    if (length != load<u32>(nodeB, 4) - load<u32>(nodeB)) return false;
    const base = this.text.start;
    return memory.compare(base + load<u32>(nodeA), base + load<u32>(nodeB), length) == 0;
  }

  private fail(why: string): bool {
    return this.failAt(this.at, why);
  }

  private failBefore(why: string): bool {
    return this.failAt(this.at - 1, why);
  }

  private failAt(at: usize, why: string): bool {
    this.problem = `${why} at byte ${at - this.text.start}`;
    return false;
  }
}

function isBlank(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}
