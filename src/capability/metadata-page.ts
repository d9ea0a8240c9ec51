import * as v from "valibot";
import { DateOrTimeSchema } from "../date.ts";
import { encodeBase64 } from "../document/base64.ts";
import type { JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";

/** Why an answer of a provider cannot be used; for the host, never for a guest. */
export class MetadataPageError extends Error {
  override readonly name = "MetadataPageError";
}

const wellFormed = v.pipe(
  v.string(),
  v.check((text) => !/\p{Surrogate}/u.test(text), "Invalid text: half a surrogate pair"),
);
const short = v.pipe(wellFormed, v.maxLength(4_096));

const EntrySchema = v.object({
  key: v.pipe(short, v.nonEmpty()),
  value: v.union([v.instance(Uint8Array), wellFormed]),
  contentType: v.optional(short),
  fingerprint: v.optional(short),
  attachedBy: v.optional(short),
  attachedAt: v.optional(v.pipe(v.string(), v.maxLength(64), DateOrTimeSchema)),
});

const PageSchema = v.object({
  entries: v.pipe(v.array(v.unknown()), v.maxLength(LIMITS.metadataPageEntries)),
  nextPageToken: v.optional(v.nullable(short)),
});

/**
 * Checks and bounds what a provider answered, and puts it into the form that guests get.
 *
 * @param keys The keys that were asked for; entries of others are left out. undefined for all.
 * @throws {MetadataPageError}
 */
export function encodePage(answer: unknown, keys: ReadonlySet<string> | undefined): JsonObject {
  const page = check(PageSchema, answer);
  let room = LIMITS.metadataPageBytes;
  const entries: JsonObject[] = [];
  for (const item of page.entries) {
    const entry = check(EntrySchema, item);
    if (keys !== undefined && !keys.has(entry.key)) continue;
    const { key, value, contentType, fingerprint, attachedBy, attachedAt } = entry;
    const bytes = value.length > LIMITS.metadataValueBytes
      ? undefined
      : typeof value === "string"
      ? new TextEncoder().encode(value)
      : value;
    if (bytes === undefined || bytes.length > LIMITS.metadataValueBytes) {
      throw new MetadataPageError(`a value has more than ${LIMITS.metadataValueBytes} bytes`);
    }
    const others = { contentType, fingerprint, attachedBy, attachedAt };
    const named = Object.entries(others).filter(([, text]) => text !== undefined && text !== "");
    for (const text of [key, ...named.flat() as string[]]) room -= text.length * 3;
    room -= bytes.length;
    if (room < 0) throw new MetadataPageError(`it has more than ${LIMITS.metadataPageBytes} bytes`);
    entries.push({ key, ...encodeValue(bytes), ...Object.fromEntries(named) as JsonObject });
  }
  const token = page.nextPageToken ?? "";
  return token === "" ? { entries } : { entries, nextPageToken: token };
}

/** As text where it is text, for guests that should not need base64 for it. */
function encodeValue(bytes: Uint8Array): JsonObject {
  try {
    const value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value, encoding: "utf8" };
  } catch {
    return { value: encodeBase64(bytes), encoding: "base64" };
  }
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new MetadataPageError(`${v.getDotPath(issue) ?? "the answer"}: ${issue.message}`);
}
