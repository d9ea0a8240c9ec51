import { DOCUMENT_KINDS } from "../document/kind.ts";
import { FORMAT_NAMES } from "./format/formats.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam check`: asks plugins about files. */
export const check: Verb = {
  name: "check",
  summary: "Ask plugins whether files may pass, and say why not",
  usage: "--plugin P.wasm [--settings S] [--plugin Q.wasm] INPUT...",
  denoPermissions: "--allow-read --allow-env --allow-sys=cpus (and --allow-write for --output)",
  flags: [
    { name: "plugin", value: "FILE", repeats: true, help: "a plugin; all of them must allow" },
    {
      name: "settings",
      value: "FILE",
      ofPlugin: true,
      help: "settings (YAML, JSON, TOML) of the plugin before it",
    },
    {
      name: "digest",
      value: "sha256:HEX",
      ofPlugin: true,
      help: "digest that the plugin before it must have",
    },
    { name: "format", value: "NAME", choices: FORMAT_NAMES, help: FORMAT_NAMES.join(", ") },
    { name: "output", short: "o", value: "FILE", help: "write the report there, not to stdout" },
    {
      name: "kind",
      value: "KIND",
      choices: DOCUMENT_KINDS,
      help: "take every input for this kind",
    },
    {
      name: "combine",
      value: "SUBJECT",
      help: 'judge the file SUBJECT (or "-") alone, with all others as evidence about it',
    },
    { name: "exclude", value: "GLOB", repeats: true, help: "leave matching paths out" },
    { name: "stdin-name", value: "NAME", help: 'what the input "-" is called' },
    {
      name: "fail-on",
      value: "SEVERITY",
      choices: ["error", "warning"],
      help: "error (the default), or warning: what denies",
    },
    { name: "now", value: "TIME", help: "the time that plugins see (RFC 3339, UTC)" },
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
  ],
  notes: `INPUT is a file, a folder, a glob, or "-" for standard input.
Exit code: 0 all allowed, 1 something denied, 2 could not tell.
When a plugin does not load, or the command line or the configuration cannot be read, nobody is
asked and there is no report, in any format; stderr says why.
A plugin that gives no answer in time 3 times in a row is asked no more in that run.`,
  run: async (context) => {
    // The host starts a thread; what judging needs is loaded beside it.
    const { createHost } = await import("../host/host.ts");
    await using host = await createHost();
    const { runCheck } = await import("./run-check.ts");
    return await runCheck(context, host);
  },
};
