import { EMPTY_CONFIG, readConfig } from "../config/config.ts";
import { expiredWaivers } from "../config/waiver.ts";
import { isUtcTime } from "../date.ts";
import type { Document, Evidence } from "../document/document.ts";
import type { DocumentKind } from "../document/kind.ts";
import type { Host } from "../host/host.ts";
import type { Plugin } from "../host/plugin.ts";
import { readInputs, type ReadResult } from "../input/read.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded, writeFileAtomic } from "../platform/file-system.ts";
import { environmentVariable, readStdin } from "../platform/process.ts";
import { loadPlugins, pluginArguments } from "./check-plugins.ts";
import { type ParsedFlags, usage } from "./flags.ts";
import { type FormatName, FORMATS } from "./format/formats.ts";
import type { Report, ReportResult } from "./format/report.ts";
import { judgeDocument, type JudgeOptions, unreadableResult } from "./judge.ts";
import { createProgress } from "./progress.ts";
import type { ExitCode, VerbContext } from "./verb.ts";
import { VERSION } from "../version.ts";

/** Documents that are read ahead of the oldest one without a verdict: bounds memory, not order. */
const WINDOW = 64;

/** Judges what the command line names. */
export async function runCheck(context: VerbContext, host: Host): Promise<ExitCode> {
  const { flags, log, signal } = context;
  const pluginArgs = pluginArguments(flags.given);
  if (pluginArgs.length === 0) throw usage('"--plugin" is missing: check --plugin P.wasm INPUT...');
  if (flags.positionals.length === 0) throw usage("no INPUT was given");
  const now = readNow(flags.one("now"));
  const config = await namedConfig(flags.one("config"));
  for (const { rule, subject, until } of expiredWaivers(config.waivers, now)) {
    log("warn", `the waiver of "${rule}" for "${subject}" ended at ${until}`);
  }
  const inputs = readAhead(readFlaggedInputs(flags, signal));
  const plugins = await loadPlugins(host, pluginArgs);
  const options: JudgeOptions = {
    plugins,
    waivers: config.waivers,
    now,
    failOnWarning: flags.one("fail-on") === "warning",
    signal,
  };
  const subject = flags.one("combine");
  const progress = createProgress(context);
  const judged = subject === undefined
    ? judgeEach(inputs, options)
    : judgeCombined(inputs, subject, options);
  const results: ReportResult[] = [];
  const skipped = new Map<DocumentKind, number>();
  for await (const item of judged) {
    results.push(...item.results);
    if (item.skipped) skipped.set(item.skipped, (skipped.get(item.skipped) ?? 0) + 1);
    progress.advance();
  }
  progress.end();

  if (skipped.size > 0) {
    const kinds = [...skipped].map(([kind, count]) => `${count} ${kind}`).join(", ");
    log("info", `not judged, since no plugin judges their kind: ${kinds}`);
  }
  if (results.length === 0) log("error", "nothing matched: no plugin judged any document");
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

function reportOf(results: readonly ReportResult[], plugins: readonly Plugin[]): Report {
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

function readFlaggedInputs(flags: ParsedFlags, signal: AbortSignal): AsyncIterable<ReadResult> {
  const kind = flags.one("kind") as DocumentKind | undefined;
  const subject = flags.one("combine");
  const named = flags.positionals;
  const inputs = subject === undefined || named.includes(subject) ? named : [subject, ...named];
  return readInputs(inputs, {
    exclude: flags.all("exclude"),
    signal,
    stdin: { name: flags.one("stdin-name") ?? "stdin", read: () => readStdin(LIMITS.inputBytes) },
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

/** The verdicts about one document, or the kind that nobody judges. */
interface Judged {
  readonly results: readonly ReportResult[];
  readonly skipped?: DocumentKind;
}

/** Judges each document for itself, many at once, and gives the results in the inputs' order. */
async function* judgeEach(
  inputs: AsyncIterable<ReadResult>,
  options: JudgeOptions,
): AsyncIterable<Judged> {
  const pending: Promise<Judged>[] = [];
  try {
    for await (const input of inputs) {
      if (!input.ok) {
        pending.push(Promise.resolve({ results: [unreadableResult(input.name, input.error)] }));
      } else {for (const document of input.documents) {
          const judged = judgeOne(document, options);
          // It is awaited later; a rejection until then is not an unhandled one.
          judged.catch(() => {});
          pending.push(judged);
          if (pending.length >= WINDOW) yield await pending.shift()!;
        }}
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

async function judgeOne(
  document: Document,
  options: JudgeOptions,
  evidence: readonly Evidence[] = [],
): Promise<Judged> {
  const results = await judgeDocument(document, options, evidence);
  return results.length === 0 ? { results, skipped: document.kind } : { results };
}

/** Judges the documents of one input, with those of all others as evidence about it. */
async function* judgeCombined(
  inputs: AsyncIterable<ReadResult>,
  subject: string,
  options: JudgeOptions,
): AsyncIterable<Judged> {
  const about: Document[] = [];
  const others: Document[] = [];
  for await (const input of inputs) {
    if (!input.ok) yield { results: [unreadableResult(input.name, input.error)] };
    else if (isSameInput(input.name, subject)) about.push(...input.documents);
    else others.push(...input.documents);
  }
  const evidence = others.map((document): Evidence => ({
    mediaType: document.mediaType,
    digest: document.inputDigest,
    verified: false,
    body: document.object,
  }));
  for (const document of about) yield await judgeOne(document, options, evidence);
}

function isSameInput(name: string, subject: string): boolean {
  const plain = (path: string) => path.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  return plain(name) === plain(subject);
}

function readNow(given: string | undefined): string {
  if (given === undefined) return new Date().toISOString();
  if (!isUtcTime(given)) {
    throw usage(`"--now ${given}" is no time: wanted 2026-01-31T12:00:00Z`);
  }
  return given;
}

async function namedConfig(flag: string | undefined) {
  const path = flag ?? environmentVariable("COFFERDAM_CONFIG");
  if (path === undefined) return EMPTY_CONFIG;
  return await readConfig(await readFileBounded(path, LIMITS.inputBytes), path);
}
