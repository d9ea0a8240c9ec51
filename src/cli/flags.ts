import { type ArgumentToken, tokenizeArguments } from "../platform/arguments.ts";
import { PluginError } from "../plugin-error.ts";

/** A flag of a verb. */
export interface Flag {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help (`FILE`); a flag without one is a switch. */
  readonly value?: string;
  /** Whether it may stand alone; its value then follows `=`, never a space. */
  readonly optionalValue?: boolean;
  /** Its values, where they are a closed list. */
  readonly choices?: readonly string[];
  /** Whether its value may be the empty text. */
  readonly mayBeEmpty?: boolean;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** Whether it belongs to the `--plugin` before it. */
  readonly ofPlugin?: boolean;
  readonly help: string;
}

/** A flag as it was given, in the order of writing. */
export interface GivenFlag {
  readonly flag: Flag;
  /** Empty for a switch, and where an optional value was left out. */
  readonly value: string;
}

/** A command line that fits its verb. */
export interface ParsedFlags {
  readonly given: readonly GivenFlag[];
  readonly positionals: readonly string[];
  /** The value of `name` where it was given. */
  one(name: string): string | undefined;
  /** All values of `name`. */
  all(name: string): readonly string[];
  /** Whether the switch `name` was given. */
  has(name: string): boolean;
}

/**
 * Reads the command line of one verb.
 *
 * @throws {PluginError} `usage.invalid`; see {@link mistyped}
 */
export function parseFlags(args: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const known = new Map(flags.map((flag) => [flag.name, flag]));
  const byShort = new Map(flags.flatMap((flag) => flag.short ? [[flag.short, flag]] : []));
  const tokens = tokenizeArguments(
    args,
    flags.map((flag) => ({
      name: flag.name,
      takesValue: flag.value !== undefined && !flag.optionalValue,
      ...(flag.short === undefined ? {} : { short: flag.short }),
    })),
  );
  const given: GivenFlag[] = [];
  const positionals: string[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind === "positional") {
      const last = index > 0 && !token.behindDashes ? tokens[index - 1]! : undefined;
      if (last?.kind === "flag") refuseSpace(last, token.value, known);
      positionals.push(token.value);
      continue;
    }
    const flag = known.get(token.name) ?? byShort.get(token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, flags);
    checkFlag(flag, token, given, known);
    given.push({ flag, value: token.value ?? "" });
  }
  const all = (name: string) => given.filter((g) => g.flag.name === name).map((g) => g.value);
  return {
    given,
    positionals,
    all,
    one: (name) => all(name).at(-1),
    has: (name) => all(name).length > 0,
  };
}

function checkFlag(
  flag: Flag,
  token: ArgumentToken & { kind: "flag" },
  given: readonly GivenFlag[],
  known: ReadonlyMap<string, Flag>,
): void {
  const { rawName, value } = token;
  if (flag.value === undefined && value !== undefined) {
    throw usage(`"${rawName}" takes no value, "${value}" was given`);
  }
  const mayStandAlone = flag.optionalValue && value === undefined;
  const isMissing = value === undefined || (value === "" && !flag.mayBeEmpty);
  if (flag.value !== undefined && !mayStandAlone && (isMissing || isFlag(value, known))) {
    const between = flag.optionalValue ? "=" : " ";
    throw usage(`"${rawName}" wants a value: ${rawName}${between}${flag.value}`);
  }
  if (flag.choices !== undefined && !flag.choices.includes(value!)) {
    const what = `"${rawName} ${value}" is not one of ${flag.choices.join(", ")}`;
    throw mistyped(what, value!, flag.choices);
  }
  if (!flag.repeats && !flag.ofPlugin && given.some((g) => g.flag === flag)) {
    throw usage(`"${rawName}" was given twice`);
  }
}

/** What stands behind a flag that takes its value by `=` alone was likely meant to be its value. */
function refuseSpace(
  { name, rawName, value }: ArgumentToken & { kind: "flag" },
  positional: string,
  known: ReadonlyMap<string, Flag>,
): void {
  if (value !== undefined || !known.get(name)?.optionalValue) return;
  throw usage(
    `"${rawName} ${positional}" may mean two things: write ${rawName}=${positional}, or put "--" ` +
      "before the first input",
  );
}

/** Whether a value is the next flag, since its own was forgotten. A file so called is `./--name`. */
function isFlag(value: string, known: ReadonlyMap<string, Flag>): boolean {
  return value === "--" || (value.startsWith("--") && known.has(value.slice(2).split("=")[0]!));
}

function unknownFlag(rawName: string, flags: readonly Flag[]): PluginError {
  const names = flags.flatMap((f) => [`--${f.name}`, ...(f.short ? [`-${f.short}`] : [])]);
  return mistyped(`the flag "${rawName}" is not known`, rawName, names);
}

/** A `usage.invalid`. */
export function usage(what: string): PluginError {
  return new PluginError("usage.invalid", `Cannot read the command line: ${what}`);
}

/** A `usage.invalid` about a word that may be mistyped for one of `candidates`. */
export function mistyped(
  what: string,
  word: string,
  candidates: readonly string[],
): PluginError {
  const { message } = usage(what);
  return new PluginError("usage.invalid", message, { details: { word, candidates } });
}
