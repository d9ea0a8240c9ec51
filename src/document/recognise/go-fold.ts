import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { setMember } from "../own-member.ts";
import type { Shape } from "./docker-schema.ts";
import { faultAt, type RecogniseContext } from "./draft.ts";

/** Reports two keys of one structure that Go takes for the same field; where it returns, the last wins. */
export type OnClash = (steps: readonly string[], field: string) => void;

/**
 * Refuses a document in which two such keys stand.
 *
 * @param base The steps from the tree's root to what is folded.
 * @param what Is read: "Docker call".
 * @param reader Who takes the one for the other: "the daemon".
 */
export function refuseClash(
  context: RecogniseContext,
  base: readonly string[],
  what: string,
  reader: string,
): OnClash {
  return (steps, field) => {
    const key = JSON.stringify(steps.at(-1));
    throw faultAt(
      context,
      [...base, ...steps],
      `Reading the ${what} failed: ${reader} takes the key ${key} for "${field}", which stands ` +
        "there already",
      "document.duplicate-key",
    );
  };
}

/**
 * A key as Go's `encoding/json` compares it: without case, and with the two characters beyond ASCII
 * that fold to a letter, the long s and the Kelvin sign.
 */
export function foldKey(key: string): string {
  return key.toLowerCase().replaceAll("\u017F", "s").replaceAll("\u212A", "k");
}

/** Gives the fields of a body the schema's spelling; keys that are the user's data stay. */
export function foldBody(
  value: JsonValue,
  shape: Shape,
  onClash: OnClash,
  steps: readonly string[] = [],
): JsonValue {
  if (shape === null) return value;
  if ("items" in shape) {
    if (!Array.isArray(value)) return value;
    return value.map((item, index) =>
      foldBody(item, shape.items, onClash, [...steps, String(index)])
    );
  }
  if (!isJsonObject(value)) return value;
  const folded: JsonObject = {};
  if ("values" in shape) {
    for (const [key, member] of Object.entries(value)) {
      setMember(folded, key, foldBody(member, shape.values, onClash, [...steps, key]));
    }
    return folded;
  }
  const spelling = spellings(shape.fields);
  for (const [key, member] of Object.entries(value)) {
    const field = spelling.get(foldKey(key));
    if (field !== undefined && Object.hasOwn(folded, field)) onClash([...steps, key], field);
    const below = field === undefined ? null : shape.fields[field]!;
    setMember(folded, field ?? key, foldBody(member, below, onClash, [...steps, key]));
  }
  return folded;
}

/** The steps as the input spells them, for steps in the schema's spelling. */
export function unfoldSteps(value: JsonValue, steps: readonly string[]): string[] {
  const written: string[] = [];
  let here: JsonValue | undefined = value;
  for (const step of steps) {
    let key = step;
    if (isJsonObject(here)) {
      if (!Object.hasOwn(here, step)) {
        key = Object.keys(here).find((candidate) => foldKey(candidate) === foldKey(step)) ?? step;
      }
      here = Object.hasOwn(here, key) ? here[key] : undefined;
    } else {
      here = Array.isArray(here) ? here[Number(step)] : undefined;
    }
    written.push(key);
  }
  return written;
}

const SPELLINGS = new WeakMap<object, ReadonlyMap<string, string>>();

function spellings(fields: { readonly [field: string]: Shape }): ReadonlyMap<string, string> {
  let known = SPELLINGS.get(fields);
  if (known === undefined) {
    known = new Map(Object.keys(fields).map((field) => [foldKey(field), field]));
    SPELLINGS.set(fields, known);
  }
  return known;
}
