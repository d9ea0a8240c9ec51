import { setMember } from "../document/own-member.ts";
import { isJsonObject, type JsonObject, type JsonValue, pointerTokens } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/** What stands where something was taken out. */
export const REDACTED = "[redacted]";

/** Which part of a call a value is; in some of them a pointer leads to more than its own place. */
export type RedactedPart =
  /** What an export is given. */
  | "input"
  /** What a capability answered. */
  | "answer"
  | "other";

/** Takes what an operator named out of values that are written down. */
export interface Redaction {
  /** Whether anything was named at all. */
  readonly active: boolean;
  /**
   * A copy of `value` in which {@link REDACTED} stands at each pointer that leads somewhere. In an
   * answer, pointers are also looked for below its `ok`. Where something was taken out of an admission
   * request's `object`, so is the digest of its subject: whoever knows the rest could try what is
   * missing against it.
   */
  apply(value: JsonValue, part?: RedactedPart): JsonValue;
}

/**
 * Reads JSON Pointers, each of which is looked for in every value, from its root.
 *
 * @throws {PluginError} `usage.invalid` for what is no JSON Pointer
 * @see RFC 6901
 */
export function createRedaction(pointers: readonly string[] = []): Redaction {
  const paths = pointers.map((pointer) => {
    const tokens = pointerTokens(pointer);
    if (tokens !== undefined) return tokens;
    throw new PluginError(
      "usage.invalid",
      `Cannot redact "${pointer}": wanted a JSON Pointer such as "/settings/token"`,
    );
  });
  return {
    active: paths.length > 0,
    apply: (value, part = "other") => {
      const all = paths.flatMap((path) => [path, ...followers(value, path, part)]);
      return all.reduce((result, path) => replaceAt(result, path), value);
    },
  };
}

/** What else is taken out because of `path`. */
function followers(
  value: JsonValue,
  path: readonly string[],
  part: RedactedPart,
): (readonly string[])[] {
  if (part === "answer") return [["ok", ...path]];
  if (part === "input" && path[0] === "object" && leadsSomewhere(value, path)) {
    return [["subject", "digest"]];
  }
  return [];
}

function leadsSomewhere(value: JsonValue, path: readonly string[]): boolean {
  return replaceAt(value, path) !== value;
}

/** The same value where the path leads nowhere. */
function replaceAt(value: JsonValue, [token, ...rest]: readonly string[]): JsonValue {
  if (token === undefined) return REDACTED;
  if (Array.isArray(value)) {
    const index = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : -1;
    if (index < 0 || index >= value.length) return value;
    const member = replaceAt(value[index]!, rest);
    return member === value[index] ? value : value.with(index, member);
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, token)) return value;
  const member = replaceAt(value[token]!, rest);
  if (member === value[token]) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) setMember(copy, key, key === token ? member : value[key]!);
  return copy;
}

/** How much of a request is written down. */
const BOUND = { stringLength: 256, members: 64, depth: 8, characters: 8_192 };

/**
 * A copy of `value` that is short whatever a guest made of it: long strings are cut and say how much
 * is missing, and so do long lists; once all of it has {@link BOUND}'s characters, the rest is `"[cut]"`.
 */
export function boundedCopy(value: JsonValue): JsonValue {
  let left = BOUND.characters;
  const cut = (text: string): string => {
    const missing = text.length - BOUND.stringLength;
    return missing <= 0 ? text : `${text.slice(0, BOUND.stringLength)}[cut: ${missing} more]`;
  };
  const copy = (item: JsonValue, depth: number): JsonValue => {
    if (left <= 0 || depth > BOUND.depth) return "[cut]";
    if (typeof item === "string") {
      const text = cut(item);
      left -= text.length;
      return text;
    }
    left -= 8;
    if (Array.isArray(item)) {
      const kept = item.slice(0, BOUND.members).map((member) => copy(member, depth + 1));
      const missing = item.length - kept.length;
      return missing === 0 ? kept : [...kept, `[cut: ${missing} more]`];
    }
    if (!isJsonObject(item)) return item;
    const result: JsonObject = {};
    const keys = Object.keys(item);
    for (const key of keys.slice(0, BOUND.members)) {
      const name = cut(key);
      left -= name.length;
      setMember(result, name, copy(item[key]!, depth + 1));
      if (left <= 0) break;
    }
    const missing = keys.length - Object.keys(result).length;
    if (missing > 0) setMember(result, "[cut]", missing);
    return result;
  };
  return copy(value, 0);
}
