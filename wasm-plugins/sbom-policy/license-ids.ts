import exceptions from "spdx-exceptions/index.json" with { type: "json" };
import ids from "spdx-license-ids/index.json" with { type: "json" };
import deprecated from "spdx-license-ids/deprecated.json" with { type: "json" };

/** Ids of licences and of exceptions as SPDX writes them, by their lower-case form. */
const SPELLING: ReadonlyMap<string, string> = new Map(
  [...ids, ...deprecated, ...exceptions].map((id) => [id.toLowerCase(), id]),
);

/**
 * An id in SPDX's own spelling; undefined for what is none. Ids are told apart without their case.
 *
 * @see SPDX 2.3, annex D.2
 */
export function spellId(id: string): string | undefined {
  return SPELLING.get(id.toLowerCase());
}
