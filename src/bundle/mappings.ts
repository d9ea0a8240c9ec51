/** A place in a text; both counts begin at 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A place in one of the sources of a source map. */
export interface Origin extends Place {
  /** Index of the source; nobody has checked that there is one. */
  readonly source: number;
}

/** By character code: the six bits that a letter of base64 stands for; -1 for other characters. */
const BITS: Int8Array = new Int8Array(128).fill(-1);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((letter, bits) => {
  BITS[letter.charCodeAt(0)] = bits;
});

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** Numbers of more than six letters, which hold 30 bits, are none of a program that a plugin holds. */
const END_OF_BITS = 30;

/** What a segment's numbers are, each the difference to the one before. */
const FIELD = { programColumn: 0, source: 1, line: 2, column: 3, name: 4 } as const;

/**
 * Finds where places of a program come from: one walk over the mappings of a source map, up to the last
 * place. Nothing is kept of what it passes, so that any text takes only time, by its length.
 *
 * @param places In ascending order.
 * @returns For each place the origin of the last segment in its line that does not begin behind it.
 * Where there is none, or the mappings end or go wrong before it, there is none for it.
 * @see ECMA-426, section 9.2
 */
export function findOrigins(mappings: string, places: readonly Place[]): (Origin | undefined)[] {
  const found: (Origin | undefined)[] = [];
  const sums = new Float64Array(5);
  let programLine = 0;
  // Of the last segment in this line; no source where it has none.
  let [source, line, column] = [-1, 0, 0];
  let [fields, value, shift] = [0, 0, 0];
  let wanted = places[0];
  for (let at = 0; at <= mappings.length && wanted !== undefined; at++) {
    const character = at < mappings.length ? mappings.charCodeAt(at) : SEMICOLON;
    if (character === COMMA || character === SEMICOLON) {
      if (shift > 0) break;
      if (fields > 0) {
        if (fields !== 1 && fields < FIELD.name) break;
        const end = sums[FIELD.programColumn]!;
        while (wanted?.line === programLine && wanted.column < end) {
          found.push(source < 0 ? undefined : { source, line, column });
          wanted = places[found.length];
        }
        source = fields === 1 ? -1 : sums[FIELD.source]!;
        line = sums[FIELD.line]!;
        column = sums[FIELD.column]!;
        fields = 0;
      }
      if (character === COMMA) continue;
      while (wanted?.line === programLine) {
        found.push(source < 0 ? undefined : { source, line, column });
        wanted = places[found.length];
      }
      programLine++;
      sums[FIELD.programColumn] = 0;
      source = -1;
      continue;
    }
    const bits = BITS[character] ?? -1;
    if (bits < 0 || shift === END_OF_BITS || fields > FIELD.name) break;
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    // The lowest bit is the sign.
    sums[fields]! += (value & 1) === 1 ? -(value >> 1) : value >> 1;
    fields++;
    value = shift = 0;
  }
  return found;
}
