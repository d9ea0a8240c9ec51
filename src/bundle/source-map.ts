import canonicalize from "canonicalize";
import * as v from "valibot";
import { line, list } from "../contract/bounded.ts";
import { strictObject } from "../strict-object.ts";
import { findOrigins } from "./mappings.ts";

/** The custom section with the source map of a plugin's program, as {@link encodeSourceMap} writes it. */
export const SOURCE_MAP_SECTION = "cofferdam.source-map";

/** The custom section with the licences of what a plugin contains, as text. */
export const LICENSES_SECTION = "cofferdam.licenses";

/** What the program of a plugin in TypeScript is called in stacks. */
export const PROGRAM_NAME = "plugin.js";

/** Sources of the guest kit begin so; their frames say nothing to an author. */
export const KIT_PREFIX = "cofferdam:";

/** Of a source map, in characters. One with yaml, valibot and a JSON Schema validator has 270,000. */
export const MAX_MAP_LENGTH: number = 2 * 1024 * 1024;

/** Of a source map without its mappings, in characters: what is parsed as JSON. */
const MAX_REST_LENGTH = 256 * 1024;

const MAX_SOURCES = 10_000;

/** Of a source's name, and how much of it is told. */
const MAX_NAME = 1_000;
const MAX_TOLD_NAME = 300;

/** Places in one text that are looked up; a stack names some ten. */
const MAX_PLACES = 100;

const POSITION = new RegExp(`\\b${PROGRAM_NAME.replace(".", "\\.")}:(\\d{1,9}):(\\d{1,9})`, "g");

/** A place in a source file; both counts begin at 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is read of a source map besides its mappings. */
interface MapRest {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly names: readonly string[];
}

const MapRestSchema: v.GenericSchema<unknown, MapRest> = strictObject({
  version: v.literal(3),
  sources: list(line(MAX_NAME), MAX_SOURCES),
  names: list(line(MAX_NAME), MAX_SOURCES),
});

/** What canonical JSON begins a map with: of its keys, `mappings` is the first. */
const HEAD = '{"mappings":"';

/**
 * The one form in which a source map (version 3) goes into a plugin: canonical JSON (RFC 8785) of
 * `mappings`, `names`, `sources` and `version`.
 *
 * @param json As a bundler wrote it.
 * @returns undefined where the map is larger than what {@link SourceMapReader.read} takes.
 */
export function encodeSourceMap(json: string): string | undefined {
  const { mappings, names, sources, version } = JSON.parse(json);
  const text = canonicalize({ mappings, names, sources, version })!;
  return SourceMapReader.read(text) === undefined ? undefined : text;
}

/** Whether a text names places in a plugin's program, which a source map tells more about. */
export function namesProgram(text: string): boolean {
  return new RegExp(POSITION.source).test(text);
}

/** Finds the source of places in a plugin's program. */
export class SourceMapReader {
  readonly #mappings: string;
  readonly #sources: readonly string[];

  private constructor(mappings: string, sources: readonly string[]) {
    this.#mappings = mappings;
    this.#sources = sources;
  }

  /**
   * Reads a source map in the form of {@link encodeSourceMap}, which leaves no way to take much time or
   * memory: the mappings are cut out before the rest, which is small, is parsed as JSON.
   *
   * @returns undefined where the text is none
   */
  static read(text: string): SourceMapReader | undefined {
    if (text.length > MAX_MAP_LENGTH || !text.startsWith(HEAD)) return undefined;
    const end = text.indexOf('",', HEAD.length);
    if (end < 0 || text.length - end > MAX_REST_LENGTH) return undefined;
    const mappings = text.slice(HEAD.length, end);
    if (/[^A-Za-z0-9+/,;]/.test(mappings)) return undefined;
    let json: unknown;
    try {
      json = JSON.parse(`{${text.slice(end + '",'.length)}`);
    } catch {
      return undefined;
    }
    const rest = v.safeParse(MapRestSchema, json, { abortEarly: true });
    return rest.success ? new SourceMapReader(mappings, rest.output.sources) : undefined;
  }

  /**
   * The text with each place in the program as the place in its source: `policy.ts:12:5`. Lines of a
   * stack that are about the guest kit alone are left out.
   */
  translate(text: string): string {
    const positions = this.#find(text);
    const lines = text.split("\n").map((line) =>
      line.replace(POSITION, (place) => {
        const found = positions.get(place);
        return found === undefined ? place : `${found.file}:${found.line}:${found.column}`;
      })
    );
    return lines.filter((line) => !/^\s+at /.test(line) || !line.includes(KIT_PREFIX)).join("\n");
  }

  /** The first place in the author's own sources that a text names. */
  firstOf(text: string): SourcePosition | undefined {
    return [...this.#find(text).values()].find(({ file }) => !file.startsWith(KIT_PREFIX));
  }

  /** What is known of the places that a text names, by how it names them, in the text's order. */
  #find(text: string): ReadonlyMap<string, SourcePosition> {
    const named = new Map<string, SourcePosition | undefined>();
    const places = [];
    for (const [name, row, column] of text.matchAll(POSITION)) {
      if (named.size === MAX_PLACES) break;
      if (named.has(name)) continue;
      named.set(name, undefined);
      places.push({ name, line: Number(row) - 1, column: Number(column) - 1 });
    }
    const asked = places.filter(({ line, column }) => line >= 0 && column >= 0)
      .sort((a, b) => a.line - b.line || a.column - b.column);
    findOrigins(this.#mappings, asked).forEach((origin, index) => {
      const file = origin && this.#sources[origin.source];
      if (!file || origin.line < 0 || origin.column < 0) return;
      named.set(asked[index]!.name, {
        file: file.slice(0, MAX_TOLD_NAME),
        line: origin.line + 1,
        column: origin.column + 1,
      });
    });
    const known = [...named].filter((entry): entry is [string, SourcePosition] => !!entry[1]);
    return new Map(known);
  }
}
