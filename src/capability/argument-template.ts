import * as v from "valibot";
import type { NameRule } from "../by-name.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { isAddress } from "../address.ts";
import { shownOutput } from "./output-text.ts";

/** What a guest may put into a hole. */
export type HoleType =
  /** A regular expression (flag `u`), matched against the whole value whether it is anchored or not. */
  | { readonly type: "pattern"; readonly pattern: string }
  /** A safe integer, as JSON's number or in plain decimal digits; both bounds count as allowed. */
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  | { readonly type: "enum"; readonly values: readonly string[] }
  /** IPv4 or IPv6, with or without a prefix length. */
  | { readonly type: "address" }
  /** A letter or digit, then at most 127 letters, digits, `.`, `_`, `-`. */
  | { readonly type: "name" };

/** One argument that a guest fills. */
export type Hole = HoleType & {
  /** Its name in the guest's request. */
  readonly hole: string;
  /** Stands before the value in the same argument: `--mtu=`. */
  readonly prefix?: string | undefined;
};

/** One argument: as written, or filled by the guest. */
export type ArgumentTemplate = string | Hole;

/** The names of holes. */
export const HOLE_NAME: NameRule = {
  pattern: /^[a-z][A-Za-z0-9_-]{0,63}$/,
  wanted: "a lower-case letter, then at most 63 letters, digits, _ or -",
};

const common = {
  hole: v.pipe(
    v.string(),
    v.regex(HOLE_NAME.pattern),
    // No request could fill them; see `byName`.
    v.notValues(["constructor", "prototype"], "Invalid name of a hole"),
  ),
  prefix: v.optional(v.pipe(v.string(), v.nonEmpty())),
};

/** Schema of {@link ArgumentTemplate}. */
export const ArgumentTemplateSchema: v.GenericSchema<unknown, ArgumentTemplate> = v.union([
  v.string(),
  v.variant("type", [
    v.strictObject({ ...common, type: v.literal("pattern"), pattern: v.string() }),
    v.strictObject({
      ...common,
      type: v.literal("integer"),
      min: v.pipe(v.number(), v.safeInteger()),
      max: v.pipe(v.number(), v.safeInteger()),
    }),
    v.strictObject({
      ...common,
      type: v.literal("enum"),
      values: v.pipe(v.array(v.string()), v.minLength(1)),
    }),
    v.strictObject({ ...common, type: v.literal("address") }),
    v.strictObject({ ...common, type: v.literal("name") }),
  ]),
]);

/** What a guest gives: values by the names of holes. */
export type HoleValues = Readonly<Record<string, string | number>>;

/** Makes the arguments of one run. @throws {PluginError} `capability.invalid` */
export type FillArguments = (values: HoleValues) => string[];

/**
 * Checks a list of arguments and makes it ready to be filled.
 *
 * @param where What messages call its owner: `command "ip"`.
 * @throws {PluginError} `config.invalid`
 */
export function compileArguments(
  where: string,
  templates: readonly ArgumentTemplate[],
): FillArguments {
  const names = new Set<string>();
  const fillers = templates.map((template) => {
    const fault = (why: string) =>
      new PluginError("config.invalid", `Cannot grant ${where}: its argument ${why}`);
    if (typeof template === "string") {
      if (template.includes("\0")) throw fault(`${JSON.stringify(template)} has a NUL`);
      return () => template;
    }
    const { hole, prefix = "" } = template;
    if (names.has(hole)) throw fault(`"${hole}" stands there twice`);
    names.add(hole);
    if (/[\0\n\r]/.test(prefix)) throw fault(`"${hole}" has a line break or NUL in its prefix`);
    // After dashes alone any name would be an option.
    if (/^-+$/.test(prefix)) throw fault(`"${hole}" has a prefix of dashes alone`);
    const check = compileType(template, fault);
    return (values: HoleValues) => prefix + fill(where, template, check, values[hole]!);
  });
  return (values) => {
    for (const name of Object.keys(values)) {
      if (!names.has(name)) throw invalid(where, `it has no hole "${shownOutput(name, 64)}"`);
    }
    for (const name of names) {
      if (!Object.hasOwn(values, name)) throw invalid(where, `the hole "${name}" needs a value`);
    }
    return fillers.map((filler) => filler(values));
  };
}

function compileType(
  hole: Hole,
  fault: (why: string) => PluginError,
): (text: string) => boolean {
  switch (hole.type) {
    case "pattern": {
      try {
        // By itself first: `a)|(b` would be valid between our brackets, and anchored on one side each.
        new RegExp(hole.pattern, "u");
        const whole = new RegExp(`^(?:${hole.pattern})$`, "u");
        return (text) => whole.test(text);
      } catch (cause) {
        throw fault(`"${hole.hole}" has no valid pattern: ${(cause as Error).message}`);
      }
    }
    case "integer": {
      const { min, max } = hole;
      if (min > max) throw fault(`"${hole.hole}" has a min above its max`);
      if (min < 0 && hole.prefix === undefined) {
        throw fault(`"${hole.hole}" could begin with "-": give it a prefix or a min of 0`);
      }
      return (text) => {
        const number = Number(text);
        return /^(?:0|-?[1-9]\d*)$/.test(text) && Number.isSafeInteger(number) &&
          number >= min && number <= max;
      };
    }
    case "enum": {
      const values = new Set(hole.values);
      for (const value of values) {
        const why = hole.prefix === undefined && value.startsWith("-")
          ? 'begins with "-": give it a prefix'
          : UNPRINTABLE.test(value)
          ? "has a control character"
          : undefined;
        if (why !== undefined) throw fault(`"${hole.hole}" has a value that ${why}`);
      }
      return (text) => values.has(text);
    }
    case "address":
      return isAddress;
    case "name":
      return (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text);
  }
}

/** Controls, half surrogate pairs and Unicode's own line ends: no argument needs them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

function fill(
  where: string,
  { hole, type, prefix }: Hole,
  check: (text: string) => boolean,
  value: string | number,
): string {
  const refuse = (why: string) => invalid(where, `the value of "${hole}" ${why}`);
  if (typeof value === "number" && type !== "integer") throw refuse("is a number, not text");
  const text = String(value);
  // First the length, so that the operator's pattern is never run on more.
  if (text.length > LIMITS.argumentLength) {
    throw refuse(`is longer than ${LIMITS.argumentLength} characters`);
  }
  if (UNPRINTABLE.test(text)) throw refuse("has a control character or line break");
  if (prefix === undefined && text.startsWith("-")) throw refuse('begins with "-"');
  if (!check(text)) throw refuse(`is not what its type, ${type}, allows`);
  return text;
}

function invalid(where: string, why: string): PluginError {
  return new PluginError("capability.invalid", `Cannot run ${where}: ${why}`);
}
