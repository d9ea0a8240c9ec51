import type { SourceMapInput } from "@jridgewell/trace-mapping";

/** The custom section with the source map (version 3, JSON) of a plugin's program. */
export const SOURCE_MAP_SECTION = "cofferdam.source-map";

/** The custom section with the licences of what a plugin contains, as text. */
export const LICENSES_SECTION = "cofferdam.licenses";

/** What the program of a plugin in TypeScript is called in stacks. */
export const PROGRAM_NAME = "plugin.js";

/** Sources of the guest kit begin so; their frames say nothing to an author. */
export const KIT_PREFIX = "cofferdam:";

/** Of a source's name, which a plugin may choose as it likes. */
const MAX_NAME = 300;

const POSITION = new RegExp(`\\b${PROGRAM_NAME.replace(".", "\\.")}:(\\d{1,9}):(\\d{1,9})`, "g");

/** A place in a source file; both counts begin at 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Whether a text names places in a plugin's program, which a source map tells more about. */
export function namesProgram(text: string): boolean {
  return new RegExp(POSITION.source).test(text);
}

/** Finds the source of places in a plugin's program. */
export class SourceMapReader {
  readonly #find: (line: number, column: number) => SourcePosition | undefined;

  private constructor(find: (line: number, column: number) => SourcePosition | undefined) {
    this.#find = find;
  }

  /**
   * Reads a source map; the library for it is loaded here.
   *
   * @throws {Error} where it is none
   */
  static async read(json: string): Promise<SourceMapReader> {
    const { originalPositionFor, TraceMap } = await import("@jridgewell/trace-mapping");
    const map = new TraceMap(json as SourceMapInput);
    return new SourceMapReader((line, column) => {
      if (line < 1 || column < 1) return undefined;
      const found = originalPositionFor(map, { line, column: column - 1 });
      return found.source === null || found.line === null
        ? undefined
        : { file: found.source.slice(0, MAX_NAME), line: found.line, column: found.column + 1 };
    });
  }

  /**
   * The text with each place in the program as the place in its source: `policy.ts:12:5`. Lines of a
   * stack that are about the guest kit alone are left out.
   */
  translate(text: string): string {
    const lines = text.split("\n").map((line) =>
      line.replace(POSITION, (whole, row: string, column: string) => {
        const found = this.#find(Number(row), Number(column));
        return found === undefined ? whole : `${found.file}:${found.line}:${found.column}`;
      })
    );
    return lines.filter((line) => !/^\s+at /.test(line) || !line.includes(KIT_PREFIX)).join("\n");
  }

  /** The first place in the author's own sources that a text names. */
  firstOf(text: string): SourcePosition | undefined {
    for (const [, row, column] of text.matchAll(POSITION)) {
      const found = this.#find(Number(row), Number(column));
      if (found !== undefined && !found.file.startsWith(KIT_PREFIX)) return found;
    }
    return undefined;
  }
}
