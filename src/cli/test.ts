import type { PluginLogLine } from "../host/prepare.ts";
import { checkWritable, writeFileAtomic } from "../platform/output-file.ts";
import { environmentVariable } from "../platform/process.ts";
import type { TestReport } from "../testing/report.ts";
import { type ParsedFlags, usage } from "./flags.ts";
import { logPluginLine } from "./plugin-log.ts";
import { TEST_FORMAT_NAMES, TEST_FORMATS, type TestFormatName } from "./test-format/formats.ts";
import { readCount, readDuration, readPages } from "./units.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam test`: runs a plugin's own tests. */
export const test: Verb = {
  name: "test",
  summary: "Run a plugin's cases and tests against it, in the sandbox",
  usage: "[FOLDER] [--plugin P.wasm] [--filter TEXT] [--watch]",
  denoPermissions:
    '--allow-read --allow-env --allow-sys=cpus (and those of "build" where the plugin is built, ' +
    "--allow-write --allow-sys=cpus,uid for --output, -A for --watch; a *.test.ts needs what it does itself)",
  flags: [
    { name: "plugin", value: "FILE", help: "the plugin; without it, policy.wasm of FOLDER" },
    { name: "filter", value: "TEXT", help: 'only tests whose "file: name" has TEXT in it' },
    {
      name: "watch",
      short: "w",
      help: "run again whenever a file of FOLDER, or the plugin, changes",
    },
    {
      name: "format",
      value: "NAME",
      choices: TEST_FORMAT_NAMES,
      help: TEST_FORMAT_NAMES.join(", "),
    },
    { name: "output", short: "o", value: "FILE", help: "write the report there, not to stdout" },
    { name: "fuel", value: "N", help: "what one call may execute" },
    { name: "timeout", value: "TIME", help: "what one call may take: 500ms, 5s" },
    { name: "memory", value: "SIZE", help: "its memory: pages of 64 KiB, or 64MiB" },
  ],
  notes:
    `FOLDER is the plugin's; without it, the current one. Its policy.wasm is built first, where its
sources are there. Its tests are "cases/*.yaml" (src/testing describes them), and "*.test.ts" there and
in "test", which import "cofferdam/test". On Node, those need esbuild. What the plugin asks of its host is answered by the test; nothing real is granted.
The report ends with each rule of the manifest and the tests that it gave a reason in.
Exit code: 0 all passed, 1 a test failed, 2 could not tell: there is no test, a file of tests cannot be
read or loaded, or the plugin does not load.`,
  run: async (context) => {
    const { flags, signal } = context;
    const folder = await folderOf(flags);
    const bounds = boundsOf(flags);
    if (flags.has("watch")) {
      const { watchTests } = await import("./watch-tests.ts");
      return await watchTests(context, folder);
    }
    const output = flags.one("output");
    if (output !== undefined) await checkWritable(output);
    const { testFolder } = await import("../testing/test-folder.ts");
    const report = await testFolder(folder, {
      plugin: flags.one("plugin"),
      filter: flags.one("filter"),
      limits: bounds,
      onLog: (line: PluginLogLine) => logPluginLine(context.log, line),
      signal,
    });
    if (report.results.length === 0) context.log("error", 'no test has the text of "--filter"');
    await writeReport(context, report);
    return exitCodeOf(report);
  },
};

async function folderOf({ positionals }: ParsedFlags): Promise<string> {
  const [folder = ".", ...more] = positionals;
  if (more.length > 0) throw usage("wanted one FOLDER");
  const { inputName } = await import("../input/input-name.ts");
  return inputName(folder);
}

function boundsOf(flags: ParsedFlags) {
  const [fuel, timeout, memory] = [flags.one("fuel"), flags.one("timeout"), flags.one("memory")];
  return {
    fuel: fuel === undefined ? undefined : readCount("fuel", fuel),
    timeoutMs: timeout === undefined ? undefined : readDuration("timeout", timeout),
    memoryPages: memory === undefined ? undefined : readPages("memory", memory),
  };
}

async function writeReport({ flags, stdout }: VerbContext, report: TestReport): Promise<void> {
  const format = await TEST_FORMATS[(flags.one("format") ?? "text") as TestFormatName]();
  const output = flags.one("output");
  const color = output === undefined && stdout.isTerminal &&
    environmentVariable("NO_COLOR") === undefined;
  const text = format(report, { color });
  if (output === undefined) await stdout.write(text);
  else await writeFileAtomic(output, new TextEncoder().encode(text));
}

function exitCodeOf({ summary: { passed, failed, unclear } }: TestReport): ExitCode {
  if (unclear > 0 || passed + failed === 0) return 2;
  return failed > 0 ? 1 : 0;
}
