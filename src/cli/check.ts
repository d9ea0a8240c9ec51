import type { PluginLogLine } from "../host/prepare.ts";
import { DOCUMENT_KINDS } from "../document/kind.ts";
import { FORMAT_NAMES } from "./format/formats.ts";
import { PLUGIN_FLAGS } from "./plugin-flags.ts";
import { openRecordFiles, RECORD_FLAGS } from "./record-files.ts";
import { logPluginLine } from "./plugin-log.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam check`: asks plugins about files. */
export const check: Verb = {
  name: "check",
  summary: "Ask plugins whether files may pass, and say why not",
  usage: "--plugin P.wasm [--settings S] [--plugin Q.wasm] INPUT...",
  denoPermissions: "--allow-read --allow-env --allow-sys=cpus (and --allow-write " +
    "--allow-sys=cpus,uid for --output, --audit, --record, --allow-state and --allow-directory, " +
    "--allow-net=HOST for --allow-metadata=https://HOST, and -A for exec and delegate: --allow-delegate, or a configuration that grants either)",
  flags: [
    ...PLUGIN_FLAGS,
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
    ...RECORD_FLAGS,
  ],
  notes: `INPUT is a file, a folder, a glob, or "-" for standard input.
Exit code: 0 all allowed, 1 something denied, 2 could not tell.
When a plugin does not load, or the command line or the configuration cannot be read, nobody is
asked and there is no report, in any format; stderr says why.
Flags from --settings to --delegate-netns belong to the --plugin before them. A plugin gets what its
manifest asks for and is granted; a bound counts where it is smaller than the manifest's. Where a
"cofferdam.lock" lies beside the configuration, a plugin that is not what it says does not load.
What exec may run is named in a configuration only.
--audit and --record need a file that is yours alone (made with mode 0600), and add to it.
A plugin that does not come to an end 3 times in a row is asked no more in that run.`,
  run: async (context) => {
    const files = await openRecordFiles(context.flags);
    try {
      // The host starts a thread; what judging needs is loaded beside it.
      const { createHost } = await import("../host/host.ts");
      const onWarning = (message: string) => context.log("warn", message);
      const onLog = (line: PluginLogLine) => logPluginLine(context.log, line);
      await using host = await createHost({ ...files.options, onWarning, onLog });
      const { runCheck } = await import("./run-check.ts");
      return await runCheck(context, host);
    } finally {
      files.close();
    }
  },
};
