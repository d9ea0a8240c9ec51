import { parseArgs } from "node:util";

/** One piece of a command line, in the order of writing. */
export type ArgumentToken =
  | {
    readonly kind: "flag";
    /** Without dashes. */
    readonly name: string;
    /** As it was written: `--format`, `-o`. */
    readonly rawName: string;
    /** undefined where nothing follows, and for flags that take no value. */
    readonly value: string | undefined;
  }
  | {
    readonly kind: "positional";
    readonly value: string;
    /** Whether it stands behind `--`. */
    readonly behindDashes: boolean;
  };

/** A flag as the parser must know it. */
export interface ArgumentFlag {
  readonly name: string;
  readonly short?: string;
  /** Whether a value follows it. */
  readonly takesValue: boolean;
}

/** Splits a command line into flags and positionals; `--` ends the flags. Judges nothing. */
export function tokenizeArguments(
  args: readonly string[],
  flags: readonly ArgumentFlag[],
): ArgumentToken[] {
  const options = Object.fromEntries(flags.map((flag) => [
    flag.name,
    {
      type: flag.takesValue ? "string" as const : "boolean" as const,
      ...(flag.short === undefined ? {} : { short: flag.short }),
    },
  ]));
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  let behindDashes = false;
  return tokens.flatMap((token): ArgumentToken[] => {
    if (token.kind === "positional") {
      return [{ kind: "positional", value: token.value, behindDashes }];
    }
    if (token.kind === "option-terminator") {
      behindDashes = true;
      return [];
    }
    const { name, rawName, value } = token;
    return [{ kind: "flag", name, rawName, value }];
  });
}
