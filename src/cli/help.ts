import type { Flag } from "./flags.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./log.ts";
import type { Verb } from "./verb.ts";

/** Flags that every verb takes. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: "quiet", short: "q", help: "say nothing on stderr but errors" },
  { name: "log-level", value: "LEVEL", choices: LOG_LEVELS, help: LOG_LEVELS.join(", ") },
  { name: "log-format", value: "FORMAT", choices: LOG_FORMATS, help: LOG_FORMATS.join(", ") },
  { name: "help", short: "h", help: "show this" },
];

/** The help of the command as a whole. */
export function overview(verbs: readonly Verb[]): string {
  const rows = verbs.map((verb): [string, string] => [verb.name, verb.summary]);
  return `Runs third-party plugins as sandboxed WebAssembly.

Usage: cofferdam VERB [FLAGS]

${table(rows)}
Help on a verb: cofferdam VERB --help. Version: cofferdam --version.
Exit code: 0 allowed or done, 1 denied, 2 could not tell.
`;
}

/** The help of one verb. */
export function verbHelp(verb: Verb): string {
  const rows = [...verb.flags, ...GLOBAL_FLAGS].map((flag): [string, string] => [
    `${flag.short ? `-${flag.short}, ` : "    "}--${flag.name}${valueOf(flag)}`,
    flag.help,
  ]);
  return `${verb.summary}.

Usage: cofferdam ${verb.name} ${verb.usage}

${table(rows)}
${verb.notes === undefined ? "" : `${verb.notes}\n`}Permissions on Deno: ${verb.denoPermissions}
`;
}

function valueOf({ value, optionalValue }: Flag): string {
  if (value === undefined) return "";
  return optionalValue ? `[=${value}]` : ` ${value}`;
}

function table(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
