import type { Host, MetadataListAnswer, MetadataListRequest } from "cofferdam/guest";
import { matchesGlob } from "../shared/glob.ts";
import { quote, quoteAll } from "../shared/quote.ts";
import type { Reasons } from "./reasons.ts";
import type { MetadataRequirement } from "./settings.ts";

/** What is asked, page after page. */
export type Question = Omit<MetadataListRequest, "pageSize" | "pageToken">;

type MetadataEntry = MetadataListAnswer["entries"][number];

/**
 * A value has up to 512 KiB, and one of these takes up to 150 million units of fuel to read: so many
 * take about half of what a host gives by default.
 */
const PAGE_SIZE = 4;

/** As many as a host gives by default. */
const MAX_PAGES = 100;

/** How far the entry of a requirement that came closest to it got. */
type Nearest = { readonly by: "value" } | { readonly by: "attachedBy"; readonly who: string };

/**
 * Denies unless the instance has all that is required. Reads page after page until everything was
 * found; a host that refuses or fails, in whichever way, is a denial of its own.
 */
export function judgeMetadata(
  question: Question,
  required: readonly MetadataRequirement[],
  host: Host,
  reasons: Reasons,
): void {
  const open = new Map<MetadataRequirement, Nearest | undefined>();
  for (const requirement of required) open.set(requirement, undefined);
  try {
    for (const entry of listEntries(question, host)) {
      for (const [requirement, nearest] of open) {
        if (entry.key !== requirement.key) continue;
        const missed = missedBy(entry, requirement);
        if (missed === undefined) open.delete(requirement);
        else if (nearest?.by !== "attachedBy") open.set(requirement, missed);
      }
      if (open.size === 0) return;
    }
  } catch (thrown) {
    reasons.deny(
      "metadata-available",
      "",
      `The metadata of ${quote(question.package)} cannot be had: ${describe(thrown)}.`,
    );
    return;
  }
  for (const [requirement, nearest] of open) {
    const message = `${quote(question.package)} ${explain(requirement, nearest)}.`;
    reasons.deny("metadata-required", "/instanceId", message);
  }
}

/** Whoever stops looking at entries also stops asking for pages. */
function* listEntries(question: Question, host: Host): Generator<MetadataEntry> {
  let next: { pageToken?: string } = {};
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = host.metadata.list({ ...question, pageSize: PAGE_SIZE, ...next });
    yield* answer.entries;
    if (!answer.nextPageToken) return;
    next = { pageToken: answer.nextPageToken };
  }
  throw new Error(`it has more than ${MAX_PAGES} pages`);
}

/** What of a requirement an entry of its key does not meet; undefined where it meets all. */
function missedBy(entry: MetadataEntry, requirement: MetadataRequirement): Nearest | undefined {
  const { values, patterns, attachedBy } = requirement;
  const { attachedBy: who = "" } = entry;
  if (values !== undefined || patterns !== undefined) {
    // What is not UTF-8 is no text that a setting could name.
    const isMet = entry.encoding === "utf8" &&
      (values?.includes(entry.value) || patterns?.some((item) => matchesGlob(item, entry.value)));
    if (!isMet) return { by: "value" };
  }
  const isMet = attachedBy === undefined ||
    (who !== "" && attachedBy.some((pattern) => matchesGlob(pattern, who)));
  return isMet ? undefined : { by: "attachedBy", who };
}

function explain({ key, attachedBy = [] }: MetadataRequirement, nearest?: Nearest): string {
  if (nearest === undefined) return `has no metadata ${quote(key)}`;
  if (nearest.by === "value") return `has metadata ${quote(key)}, but not with an allowed value`;
  const who = nearest.who === "" ? "somebody who is not named" : quote(nearest.who);
  return `has metadata ${quote(key)}, but attached by ${who}; wanted is ${quoteAll(attachedBy)}`;
}

/** The host's code and words. */
function describe(thrown: unknown): string {
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  const words = typeof message === "string" ? quote(message) : "it does not say why";
  return typeof code === "string" ? `${code}, ${words}` : words;
}
