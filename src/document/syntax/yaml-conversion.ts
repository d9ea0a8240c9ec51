import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import type { ErrorCode, PluginError } from "../../plugin-error.ts";
import { setMember } from "../own-member.ts";
import { quote, type SourceText } from "../source-text.ts";
import type { DisputeType, TreeLimits, YamlDispute } from "../tree.ts";
import { findDispute } from "./yaml-dispute.ts";
import { isGoFloat } from "./yaml-go-scalar.ts";
import { fitsTag, readScalar, type ScalarReader } from "./yaml-scalar.ts";

const CORE_TAG = "tag:yaml.org,2002:";

/** Characters of text that the aliases of one document may stand for. */
const MAX_ALIASED_CHARACTERS = 16 * 1024 * 1024;

/**
 * Tags that take a value of an earlier file away, or put one in its place.
 *
 * @see compose-spec, 13-merge.md
 */
const COMPOSE_TAGS: ReadonlySet<string> = new Set(["!reset", "!override"]);

/** A node that aliases may name, with what its value amounts to when it is written out. */
interface Anchor {
  readonly node: ParsedNode;
  value: JsonValue | undefined;
  nodes: number;
  characters: number;
  height: number;
}

/** A `<<` of a mapping, until the mapping's own keys are known. */
interface Merge {
  readonly offset: number;
  readonly sources: readonly JsonObject[];
  /** The mapping's own keys that stand before the `<<`. */
  readonly before: ReadonlySet<string>;
}

/** What the text around a document says about it. */
export interface ConversionOptions {
  /** Whose values plain scalars get: those of YAML 1.2, or of Go's libraries. */
  readonly reader: ScalarReader;
  /** Whether a directive says that the document is YAML 1.1. */
  readonly claimsYaml11: boolean;
  /** Whether an escape in the text may stand for half of a surrogate pair. */
  readonly checksSurrogates: boolean;
}

/** Turns the nodes of one YAML document into a JSON value. */
export class YamlConversion {
  readonly disputes: { [type in DisputeType]?: YamlDispute } = {};
  /** What each alias of the document stands for. */
  readonly anchors: Map<Alias.Parsed, ParsedNode> = new Map();
  readonly #source: SourceText;
  readonly #limits: TreeLimits;
  readonly #reader: ScalarReader;
  readonly #claimsYaml11: boolean;
  readonly #checksSurrogates: boolean;
  readonly #named: Map<string, Anchor> = new Map();
  #nodes = 0;
  #characters = 0;
  #aliasedNodes = 0;
  #aliasedCharacters = 0;
  /** The greatest depth reached since an anchored node began. */
  #deepest = 0;

  constructor(source: SourceText, limits: TreeLimits, options: ConversionOptions) {
    this.#source = source;
    this.#limits = limits;
    this.#reader = options.reader;
    this.#claimsYaml11 = options.claimsYaml11;
    this.#checksSurrogates = options.checksSurrogates;
  }

  /** @param depth collections around `node` */
  convert(node: ParsedNode | null, depth: number = 0): JsonValue {
    if (node === null) return null;
    if (isAlias(node)) return this.#expand(node, depth);
    this.#nodes++;
    if (node.anchor === undefined) return this.#convertNode(node, depth);

    const anchor: Anchor = { node, value: undefined, nodes: 0, characters: 0, height: 0 };
    this.#named.set(node.anchor, anchor);
    const nodesBefore = this.#nodes;
    const charactersBefore = this.#characters;
    const deepestAround = this.#deepest;
    this.#deepest = depth;
    const value = this.#convertNode(node, depth);
    anchor.value = value;
    anchor.nodes = this.#nodes - nodesBefore + 1;
    anchor.characters = this.#characters - charactersBefore;
    anchor.height = this.#deepest - depth;
    this.#deepest = Math.max(deepestAround, this.#deepest);
    return value;
  }

  #expand(alias: Alias.Parsed, depth: number): JsonValue {
    const name = quote(`*${alias.source}`);
    const anchor = this.#named.get(alias.source);
    if (anchor === undefined) {
      throw this.#fault(`the alias ${name} names no anchor before it`, alias);
    }
    if (anchor.value === undefined) {
      throw this.#fault(`the alias ${name} stands within itself`, alias);
    }
    this.#nodes += anchor.nodes;
    this.#aliasedNodes += anchor.nodes;
    if (this.#aliasedNodes > this.#limits.aliasedNodes) {
      throw this.#fault(
        `its aliases stand for more than ${this.#limits.aliasedNodes} values`,
        alias,
        "document.too-many-aliases",
      );
    }
    this.#characters += anchor.characters;
    this.#aliasedCharacters += anchor.characters;
    if (this.#aliasedCharacters > MAX_ALIASED_CHARACTERS) {
      throw this.#fault(
        `its aliases stand for more than ${MAX_ALIASED_CHARACTERS} characters of text`,
        alias,
        "document.too-many-aliases",
      );
    }
    this.#descend(depth + anchor.height, alias);
    this.anchors.set(alias, anchor.node);
    return anchor.value;
  }

  #convertNode(node: Exclude<ParsedNode, Alias.Parsed>, depth: number): JsonValue {
    const composeTag = COMPOSE_TAGS.has(node.tag ?? "") ? node.tag : undefined;
    if (composeTag !== undefined) {
      this.#dispute("compose-tag", node.range[0], unknownTag(composeTag));
    }
    if (composeTag === "!reset") return null;
    if (isScalar(node)) {
      return this.#readScalar(node, composeTag === undefined ? node.tag : undefined);
    }
    this.#descend(depth + 1, node);
    const type = isMap(node) ? "map" : "seq";
    if (
      composeTag === undefined && node.tag !== undefined && node.tag !== "!" &&
      node.tag !== CORE_TAG + type
    ) {
      throw this.#unknownTag(node, node.tag);
    }
    if (isMap(node)) return this.#convertMap(node as YAMLMap.Parsed, depth);
    return node.items.map((item) => this.convert(item as ParsedNode | null, depth + 1));
  }

  #convertMap(map: YAMLMap.Parsed, depth: number): JsonObject {
    const object: JsonObject = {};
    let merge: Merge | undefined;
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        if (merge !== undefined) throw this.#fault(`the key "<<" stands twice`, key, DUPLICATE);
        const sources = this.#mergeSources(this.convert(value, depth + 1), key);
        merge = { offset: key.range[0], sources, before: new Set(Object.keys(object)) };
        continue;
      }
      const name = this.#readKey(key);
      if (Object.hasOwn(object, name)) {
        throw this.#fault(`the key ${quote(name)} stands twice in one mapping`, key, DUPLICATE);
      }
      setMember(object, name, this.convert(value, depth + 1));
    }
    if (merge !== undefined) this.#merge(object, merge);
    return object;
  }

  #mergeSources(value: JsonValue, key: ParsedNode): JsonObject[] {
    const sources = Array.isArray(value) ? value : [value];
    if (sources.every(isJsonObject)) return sources;
    throw this.#fault(`"<<" wants a mapping or a list of mappings`, key);
  }

  /** A mapping's own keys win, then the source that comes first. */
  #merge(object: JsonObject, merge: Merge): void {
    for (const source of merge.sources) {
      for (const [name, value] of Object.entries(source)) {
        if (!Object.hasOwn(object, name)) setMember(object, name, value);
        else if (merge.before.has(name)) {
          this.#dispute(
            "mapping",
            merge.offset,
            `"<<" overrides the key ${quote(name)} before it for some readers only; put "<<" first`,
          );
        }
      }
    }
  }

  #readKey(key: ParsedNode): string {
    const value = this.convert(key);
    if (value === null || typeof value === "object") {
      throw this.#fault("a mapping's key is neither text nor a number nor a boolean", key);
    }
    const node = isAlias(key) ? this.anchors.get(key) : key;
    const isPlain = isScalar(node) && node.type === "PLAIN" &&
      (node.tag ?? `${CORE_TAG}float`) === `${CORE_TAG}float`;
    if (isPlain && isGoFloat(String(node.value))) {
      this.#dispute(
        "mapping",
        key.range[0],
        `the key ${quote(String(node.value))} is a floating-point number, which readers spell in ` +
          "ways of their own; quote it",
      );
    }
    return String(value);
  }

  #readScalar(node: Scalar.Parsed, tag: string | undefined): JsonValue {
    const text = String(node.value);
    this.#characters += text.length;
    if (this.#checksSurrogates && /\p{Surrogate}/u.test(text)) {
      throw this.#fault("a string holds half of a surrogate pair", node, "document.encoding");
    }
    if (tag === undefined && node.type !== "PLAIN") return text;
    if (tag === "!" || tag === `${CORE_TAG}str`) return text;
    const dispute = findDispute(text, this.#claimsYaml11);
    if (dispute !== undefined) this.#dispute(dispute.type, node.range[0], dispute.message);
    const reading = readScalar(text, this.#reader);
    if ("overflow" in reading) {
      throw this.#fault(
        `the number ${quote(text)} is not one that JSON can hold`,
        node,
        "document.number-overflow",
      );
    }
    if (tag !== undefined) {
      const fits = tag.startsWith(CORE_TAG) ? fitsTag(tag.slice(CORE_TAG.length), text) : undefined;
      if (fits === undefined) throw this.#unknownTag(node, tag);
      if (!fits) throw this.#fault(`${quote(text)} is no value of its tag`, node);
    }
    return reading.value;
  }

  #dispute(type: DisputeType, offset: number, message: string): void {
    this.disputes[type] ??= { offset, message };
    if (this.#claimsYaml11 && this.#reader === "core") {
      throw this.#source.fault("document.malformed", `Parsing YAML failed: ${message}`, offset);
    }
  }

  #descend(depth: number, node: ParsedNode): void {
    this.#deepest = Math.max(this.#deepest, depth);
    if (depth > this.#limits.depth) {
      throw this.#fault(
        `values are nested more than ${this.#limits.depth} deep`,
        node,
        "document.too-deep",
      );
    }
  }

  #unknownTag(node: ParsedNode, tag: string): PluginError {
    return this.#fault(unknownTag(tag), node);
  }

  #fault(what: string, node: ParsedNode, code: ErrorCode = "document.malformed"): PluginError {
    return this.#source.fault(code, `Parsing YAML failed: ${what}`, node.range[0]);
  }
}

const DUPLICATE: ErrorCode = "document.duplicate-key";

/**
 * A plain `<<`, which Go's and Python's readers merge, and compose files rely on. Quoted it is an
 * ordinary key to all of them.
 *
 * @see https://yaml.org/type/merge.html
 */
export function isMergeKey(key: unknown): key is Scalar.Parsed {
  return isScalar(key) && key.value === "<<" &&
    (key.tag === undefined ? key.type === "PLAIN" : key.tag === `${CORE_TAG}merge`);
}

function unknownTag(tag: string): string {
  return `the tag ${quote(tag)} is not one of JSON's types`;
}
