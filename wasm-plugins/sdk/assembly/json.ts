import { Bytes } from "./extism";
import { JsonDocument, parseJson } from "./json-parser";
import { decode } from "./json-string";

/** The node of a value that is not there. */
const MISSING: u32 = u32.MAX_VALUE;

/**
 * One value of a parsed text. Reading never fails: what is not there is a value whose `exists` is
 * false, and everything below it is missing too, so a chain of `get` needs no checks in between.
 *
 * ```ts
 * const containers = pod.get("spec").get("containers");
 * for (let item = containers.first(); item.exists; item = item.next()) {
 *   verdict.deny("no-image", `image ${quote(item.get("image").str())}`, item.get("image"));
 * }
 * ```
 */
export class Json {
  /** Parses `text`, behind which eight zero bytes stand. Look at `problem` before anything else. */
  static parse(text: Bytes): Json {
    return new Json(parseJson(text), 0, null);
  }

  private constructor(
    private readonly document: JsonDocument,
    private readonly node: u32,
    private readonly parent: Json | null,
  ) {}

  /** Why the whole text is no JSON; empty if it is. */
  get problem(): string {
    return this.document.problem;
  }

  get exists(): bool {
    return this.node != MISSING;
  }

  /** Missing or null, which most formats of the container world take for the same. */
  get isAbsent(): bool {
    return !this.exists || this.isNull;
  }

  get isNull(): bool {
    return this.is(0x6e);
  }

  get isObject(): bool {
    return this.is(0x7b);
  }

  get isArray(): bool {
    return this.is(0x5b);
  }

  get isString(): bool {
    return this.is(0x22);
  }

  get isBool(): bool {
    return this.is(0x74) || this.is(0x66);
  }

  get isNumber(): bool {
    return this.exists && !this.isNull && !this.isObject && !this.isArray && !this.isString &&
      !this.isBool;
  }

  /** The member `name` of an object. */
  get(name: string): Json {
    if (this.isObject) {
      const document = this.document;
      const end = document.end(this.node);
      for (let node = this.node + 1; node < end; node = document.skip(node + 1)) {
        if (textEquals(document, node, name)) return new Json(document, node + 1, this);
      }
    }
    return this.nothing();
  }

  /** The first element of an array, or the value of the first member of an object. */
  first(): Json {
    if (this.isArray) return this.childAt(this.node + 1);
    if (this.isObject) return this.childAt(this.node + 2);
    return this.nothing();
  }

  /** The sibling behind this element or member. */
  next(): Json {
    const parent = this.parent;
    if (parent === null || !this.exists) return this.nothing();
    return parent.childAt(this.document.skip(this.node) + (parent.isObject ? 1 : 0));
  }

  /** The name of this member; empty for anything else. */
  name(): string {
    const parent = this.parent;
    return parent !== null && parent.isObject && this.exists
      ? decodeString(this.document, this.node - 1)
      : "";
  }

  /** A string's characters; empty for anything else. */
  str(): string {
    return this.isString ? decodeString(this.document, this.node) : "";
  }

  /** True for `true` only. */
  bool(): bool {
    return this.is(0x74);
  }

  /** A number; NaN for anything else. */
  number(): f64 {
    return this.isNumber ? parseFloat(this.digits()) : NaN;
  }

  /** A number as it is written, which rounds nothing; empty for anything else. */
  digits(): string {
    if (!this.isNumber) return "";
    const start = this.document.start(this.node);
    const end = this.document.text.start + this.document.end(this.node);
    return String.UTF8.decodeUnsafe(start, end - start);
  }

  /** The JSON Pointer that leads here from `root`, one of this value's ancestors. */
  pointer(root: Json): string {
    const parent = this.parent;
    if (this.node == root.node || parent === null) return "";
    return parent.pointer(root) + "/" + (this.exists ? parent.tokenOf(this.node) : "");
  }

  /** The nearest value that is there: this one, or an ancestor. */
  nearest(): Json {
    let value: Json = this;
    while (!value.exists) value = value.parent!;
    return value;
  }

  /** A value that is not there, below this one. */
  nothing(): Json {
    return new Json(this.document, MISSING, this);
  }

  private is(tag: u8): bool {
    return this.exists && this.document.tag(this.node) == tag;
  }

  private childAt(node: u32): Json {
    return node < this.document.end(this.node)
      ? new Json(this.document, node, this)
      : this.nothing();
  }

  /** The step of a JSON Pointer from this value to its child `node`. */
  private tokenOf(node: u32): string {
    if (this.isObject) {
      return escapeToken(decodeString(this.document, node - 1));
    }
    let index = 0;
    for (let at = this.node + 1; at < node; at = this.document.skip(at)) index++;
    return index.toString();
  }
}

/** @see RFC 6901, section 3 */
function escapeToken(name: string): string {
  return name.split("~").join("~0").split("/").join("~1");
}

/** Compares without decoding, as far as both are ASCII. */
function textEquals(document: JsonDocument, node: u32, wanted: string): bool {
  const start = document.start(node) + 1;
  const length = <i32> (document.end(node) - 1 - <u32> (start - document.text.start));
  if (length < wanted.length) return false;
  for (let i = 0; i < length; i++) {
    const byte = load<u8>(start + i);
    if (byte == 0x5c || byte >= 0x80) return decodeString(document, node) == wanted;
    if (i >= wanted.length || byte != wanted.charCodeAt(i)) return false;
  }
  return true;
}

/** The characters of a string node. */
function decodeString(document: JsonDocument, node: u32): string {
  return decode(document.start(node) + 1, document.text.start + document.end(node) - 1);
}
