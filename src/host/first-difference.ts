import { parseGuestJson } from "../contract/guest-json.ts";
import { isJsonObject, type JsonValue } from "../json.ts";

/** Where two byte strings part. */
export interface ByteDifference {
  /** JSON Pointer to the first value that differs, where both are JSON and differ as such. */
  readonly path?: string;
  /** The first byte that differs, from 0. */
  readonly offset: number;
  /** What stands there, shortened; "nothing" where there is none. */
  readonly recorded: string;
  readonly replayed: string;
}

/** The first difference of two byte strings; undefined where they are the same. */
export function firstDifference(
  recorded: Uint8Array,
  replayed: Uint8Array,
): ByteDifference | undefined {
  const length = Math.min(recorded.length, replayed.length);
  let offset = 0;
  while (offset < length && recorded[offset] === replayed[offset]) offset++;
  if (offset === recorded.length && offset === replayed.length) return undefined;
  const found = differenceIn(parse(recorded), parse(replayed));
  if (found !== undefined) return { offset, ...found };
  return { offset, recorded: excerpt(recorded, offset), replayed: excerpt(replayed, offset) };
}

interface ValueDifference {
  readonly path: string;
  readonly recorded: string;
  readonly replayed: string;
}

function differenceIn(
  a: JsonValue | undefined,
  b: JsonValue | undefined,
): ValueDifference | undefined {
  return a === undefined || b === undefined ? undefined : compare(a, b, "");
}

/** The first place, in the order of the recorded value, where two values differ. */
function compare(
  a: JsonValue | undefined,
  b: JsonValue | undefined,
  path: string,
): ValueDifference | undefined {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      const found = compare(a[index], b[index], `${path}/${index}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const step = key.replaceAll("~", "~0").replaceAll("/", "~1");
      const own = (value: typeof a) => Object.hasOwn(value, key) ? value[key] : undefined;
      const found = compare(own(a), own(b), `${path}/${step}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (a === b) return undefined;
  return { path, recorded: shown(a), replayed: shown(b) };
}

const SHOWN = 120;

function shown(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function excerpt(bytes: Uint8Array, offset: number): string {
  if (offset >= bytes.length) return "nothing";
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(offset, offset + 32)));
}

/** Deep enough a value is no JSON for this purpose: the bytes tell then. */
function parse(bytes: Uint8Array): JsonValue | undefined {
  try {
    return parseGuestJson(bytes);
  } catch {
    return undefined;
  }
}
