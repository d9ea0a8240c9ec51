/**
 * What the kit needs of the globals, taken before anything of the author's runs: a package that
 * replaces them at its top level does not change how requests are answered.
 */
export const json: Pick<JSON, "parse" | "stringify"> = {
  parse: JSON.parse,
  stringify: JSON.stringify,
};

/** See {@link json}. */
export const objects: Pick<
  ObjectConstructor,
  | "entries"
  | "fromEntries"
  | "getOwnPropertyDescriptors"
  | "getPrototypeOf"
  | "hasOwn"
  | "keys"
  | "values"
> = {
  entries: Object.entries,
  fromEntries: Object.fromEntries,
  getOwnPropertyDescriptors: Object.getOwnPropertyDescriptors,
  getPrototypeOf: Object.getPrototypeOf,
  hasOwn: Object.hasOwn,
  keys: Object.keys,
  values: Object.values,
};

/** See {@link json}. */
export const isArray: typeof Array.isArray = Array.isArray;

/** See {@link json}. */
export const parseDate: typeof Date.parse = Date.parse;
