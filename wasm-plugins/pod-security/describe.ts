/** How much of a text, and how many parts of a list or an object, a message repeats. */
const MAX_TEXT = 100;
const MAX_PARTS = 10;

/** A judged value for a message: on one line, and cut short where it is long. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${some(value, describePart)}]`;
  if (typeof value !== "object" || value === null) return describePart(value);
  const members = value as Readonly<Record<string, unknown>>;
  const member = (key: string) => `${describePart(key)}: ${describePart(members[key])}`;
  return `{${some(Object.keys(members), member)}}`;
}

function some<T>(parts: readonly T[], describe: (part: T) => string): string {
  const rest = parts.length > MAX_PARTS ? ["…"] : [];
  return [...parts.slice(0, MAX_PARTS).map(describe), ...rest].join(", ");
}

function describePart(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(cut(value));
  if (Array.isArray(value)) return "[…]";
  return typeof value === "object" && value !== null ? "{…}" : String(value);
}

/** A surrogate pair stays whole: half of one is no UTF-8. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT).replace(/[\ud800-\udbff]$/, "")}…`;
}
