import * as v from "valibot";
import { isJsonObject } from "./json.ts";

/** What an object of these entries is once it was read. */
type Read<Entries extends v.ObjectEntries> = v.InferOutput<
  v.StrictObjectSchema<Entries, undefined>
>;

/** As valibot's `strictObject`, which would take an array for an object that says nothing. */
export function strictObject<Entries extends v.ObjectEntries>(
  entries: Entries,
): v.GenericSchema<unknown, Read<Entries>> {
  return v.pipe(
    v.unknown(),
    v.check(isJsonObject, "Invalid type: Expected Object"),
    v.strictObject(entries) as unknown as v.GenericSchema<unknown, Read<Entries>>,
  );
}
