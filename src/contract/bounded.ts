import * as v from "valibot";

/** Schema of a text in one line: no control character, no half of a surrogate pair. */
export function line(maxLength: number): v.GenericSchema<unknown, string> {
  return v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(maxLength),
    v.regex(/^[^\p{Cc}\p{Cs}]*$/u, "Invalid text: Expected one line without control characters"),
  );
}

/** Schema of a list; one that is too long is refused before its items are looked at. */
export function list<T>(
  item: v.GenericSchema<unknown, T>,
  maxItems: number,
): v.GenericSchema<unknown, T[]> {
  return v.pipe(
    v.unknown(),
    v.check(
      (value) => !Array.isArray(value) || value.length <= maxItems,
      `Invalid length: at most ${maxItems} items are allowed`,
    ),
    v.array(item),
    // Said again for the published schema.
    v.maxLength(maxItems),
  );
}

/** Schema of a host's path: absolute, each step named, so that it lies where its beginning says. */
export const HostPathSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{Cc}\p{Cs}]+)+$/u,
    "Invalid path: Expected a plain absolute path",
  ),
  v.maxBytes(4_095),
);
