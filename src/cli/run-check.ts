import { expiredWaivers } from "../config/waiver.ts";
import { isUtcTime } from "../date.ts";
import type { DocumentKind } from "../document/kind.ts";
import type { Host } from "../host/host.ts";
import type { JudgingPlugin } from "../host/plugin.ts";
import { readInputs, type ReadResult } from "../input/read.ts";
import { LIMITS } from "../limits.ts";
import { checkWritable, writeFileAtomic } from "../platform/output-file.ts";
import { environmentVariable, readStdin } from "../platform/process.ts";
import { loadPlugins } from "./check-plugins.ts";
import { giveUpAfter } from "./circuit.ts";
import { type CombineSubject, judgeCombined, resolveSubject } from "./combine.ts";
import { type ParsedFlags, usage } from "./flags.ts";
import { type FormatName, FORMATS } from "./format/formats.ts";
import type { Report, ReportResult } from "./format/report.ts";
import type { JudgeOptions } from "./judge.ts";
import { judgeEach, type Unjudged } from "./judge-inputs.ts";
import type { Log } from "./log.ts";
import { pluginArguments } from "./plugin-flags.ts";
import { createProgress } from "./progress.ts";
import { readTrust } from "./trust.ts";
import { logUnjudged } from "./unjudged.ts";
import type { ExitCode, VerbContext } from "./verb.ts";
import { VERSION } from "../version.ts";

/** Calls without an end in a row, after which a plugin is asked no more. */
const MAX_TIMEOUTS = 3;

/** Judges what the command line names. */
export async function runCheck(context: VerbContext, host: Host): Promise<ExitCode> {
  const { flags, log, signal } = context;
  const pluginArgs = pluginArguments(flags.given);
  if (pluginArgs.length === 0) throw usage('"--plugin" is missing: check --plugin P.wasm INPUT...');
  if (flags.positionals.length === 0) throw usage("no INPUT was given");
  const now = readNow(flags.one("now"));
  const trust = await readTrust(flags.one("config"));
  const { config } = trust;
  for (const { rule, subject, until } of expiredWaivers(config.waivers, now)) {
    log("warn", `the waiver of "${rule}" for "${subject}" ended at ${until}`);
  }
  const output = flags.one("output");
  if (output !== undefined) await checkWritable(output);
  const stdinName = flags.one("stdin-name") ?? "stdin";
  const combine = flags.one("combine");
  const subject = combine === undefined ? undefined : await resolveSubject(combine, stdinName);
  const inputs = readAhead(readFlaggedInputs(flags, { stdinName, subject, log, signal }));
  const plugins = (await loadPlugins(host, pluginArgs, trust))
    .map((plugin) => giveUpAfter(plugin, MAX_TIMEOUTS, signal));
  const options: JudgeOptions = {
    plugins,
    waivers: config.waivers,
    now,
    failOnWarning: flags.one("fail-on") === "warning",
    signal,
  };
  const progress = createProgress(context);
  const judged = subject === undefined
    ? judgeEach(inputs, options)
    : judgeCombined(inputs, subject, options);
  const results: ReportResult[] = [];
  const unjudged: Unjudged[] = [];
  for await (const item of judged) {
    results.push(...item.results);
    if (item.unjudged !== undefined) unjudged.push(item.unjudged);
    progress.advance();
  }
  progress.end();

  logUnjudged(log, unjudged);
  if (results.length === 0) {
    const what = subject === undefined
      ? "nothing matched: no plugin judged any document"
      : `the subject "${subject.name}" holds no document that a plugin judges`;
    log("error", what);
  }
  await writeReport(context, reportOf(results, plugins));
  return exitCodeOf(results);
}

async function writeReport(context: VerbContext, report: Report): Promise<void> {
  const { flags, stdout } = context;
  const format = await FORMATS[(flags.one("format") ?? "text") as FormatName]();
  const output = flags.one("output");
  const color = output === undefined && stdout.isTerminal &&
    environmentVariable("NO_COLOR") === undefined;
  const text = format(report, { color, version: VERSION });
  if (output === undefined) await stdout.write(text);
  else await writeFileAtomic(output, new TextEncoder().encode(text));
}

function reportOf(results: readonly ReportResult[], plugins: readonly JudgingPlugin[]): Report {
  const count = (allowed: boolean | null) => results.filter((r) => r.allowed === allowed).length;
  return {
    results,
    summary: { allowed: count(true), denied: count(false), errors: count(null) },
    plugins: plugins.map(({ manifest, digest }) => ({
      name: manifest.name,
      version: manifest.version,
      digest,
      rules: (manifest.rules ?? []).map(({ id, title, help }) =>
        help === undefined ? { id, title } : { id, title, help }
      ),
    })),
  };
}

function exitCodeOf(results: readonly ReportResult[]): ExitCode {
  if (results.length === 0 || results.some((result) => result.allowed === null)) return 2;
  return results.some((result) => result.allowed === false) ? 1 : 0;
}

/** What reading the inputs needs besides the flags. */
interface Reading {
  readonly stdinName: string;
  readonly subject: CombineSubject | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

function readFlaggedInputs(
  flags: ParsedFlags,
  { stdinName, subject, log, signal }: Reading,
): AsyncIterable<ReadResult> {
  const kind = flags.one("kind") as DocumentKind | undefined;
  const named = flags.positionals;
  return readInputs(subject === undefined ? named : [subject.argument, ...named], {
    exclude: flags.all("exclude"),
    signal,
    stdin: { name: stdinName, read: () => readStdin(LIMITS.inputBytes) },
    onPassedOver: (name) => log("debug", `"${name}" was passed over: it looks like no document`),
    ...(kind === undefined ? {} : { kind }),
  });
}

/** Begins to read at once, while the plugins are still being loaded. */
function readAhead<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  const first = iterator.next();
  // Whoever asks for the first item hears of its fault; nobody may ask, where no plugin loads.
  first.catch(() => {});
  return (async function* () {
    try {
      for (let next = await first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

function readNow(given: string | undefined): string {
  if (given === undefined) return new Date().toISOString();
  if (!isUtcTime(given)) {
    throw usage(`"--now ${given}" is no time: wanted 2026-01-31T12:00:00Z`);
  }
  return given;
}
