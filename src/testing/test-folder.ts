import type { PluginLogLine } from "../host/prepare.ts";
import { insistOnExitCode, keepConsoleOffStdout } from "../platform/process.ts";
import { fileKind, readFileBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import { Bench, type BenchOptions } from "./bench.ts";
import { findTests } from "./find-tests.ts";
import { pluginOfFolder } from "./plugin-of-folder.ts";
import { type LocatedCase, readCases } from "./read-cases.ts";
import type { TestReport, TestResult } from "./report.ts";
import { ruleTable } from "./rule-table.ts";
import { runCase } from "./run-case.ts";
import { runTestFile } from "./run-test-file.ts";
import { describeThrown } from "./thrown.ts";

/** How a folder is tested. */
export interface TestFolderOptions {
  /** The plugin's file; by default the one that is built in the folder. */
  readonly plugin?: string | undefined;
  /** Only tests whose `file: name` has this text in it. */
  readonly filter?: string | undefined;
  readonly limits?: BenchOptions["limits"];
  readonly onLog?: ((line: PluginLogLine) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Cases are written by hand; this is some 100,000 of them. */
const MAX_CASE_BYTES = 16 * 1024 * 1024;

/** What one test of a `*.test.ts` may take: no guest takes as long, an answer that never comes would. */
const TEST_TIMEOUT_MS = 60_000;

/** What an author's code that ends the process ends it with: nobody can tell. */
const UNCLEAR = 2;

/**
 * Runs all tests of a plugin's folder.
 *
 * @returns What became of each; a file that cannot be read or loaded is one of the results.
 * @throws {PluginError} `input.empty` where there is no test; `build.*`, and what loading the plugin
 * throws; `call.aborted`
 */
export async function testFolder(folder: string, options: TestFolderOptions): Promise<TestReport> {
  if (await fileKind(folder) !== "directory") {
    throw new PluginError("input.not-found", `Cannot test "${folder}": there is no such folder`);
  }
  const { filter, limits, onLog, signal } = options;
  const { cases, modules } = await findTests(folder);
  const bench = await Bench.open(options.plugin ?? await pluginOfFolder(folder), {
    limits,
    onLog,
    signal,
  });
  const results: TestResult[] = [];
  const leave = insistOnExitCode(UNCLEAR);
  const restore = keepConsoleOffStdout();
  try {
    const wants = (file: string, name: string) =>
      filter === undefined || `${file}: ${name}`.includes(filter);
    for (const file of cases) {
      const read = await readCaseFile(file);
      if (!Array.isArray(read)) results.push(read);
      else {
        for (const item of read) {
          if (wants(file, item.name)) results.push(await runCase(bench, item, file));
        }
      }
    }
    for (const file of modules) {
      await runTestFile(bench, file, file, {
        wants: (name) => wants(file, name),
        timeoutMs: TEST_TIMEOUT_MS,
        signal,
        onResult: (result) => results.push(result),
      });
    }
    return reportOf(bench, results, filter !== undefined);
  } finally {
    await bench.close();
    restore();
    leave();
  }
}

/** The cases of a file; where it cannot be read or has none, that is its result. */
async function readCaseFile(file: string): Promise<LocatedCase[] | TestResult> {
  try {
    const cases = await readCases(await readFileBounded(file, MAX_CASE_BYTES), file);
    if (cases.length > 0) return cases;
    throw new PluginError("input.empty", `Cannot read the cases of "${file}": it has none`);
  } catch (thrown) {
    const { line } = PluginError.from(thrown).details;
    return {
      file,
      line: line ?? null,
      name: null,
      status: "unclear",
      differences: [],
      verdict: null,
      error: describeThrown(thrown),
      fired: [],
    };
  }
}

function reportOf(
  { manifest, digest }: Bench,
  results: readonly TestResult[],
  filtered: boolean,
): TestReport {
  const count = (status: TestResult["status"]) =>
    results.filter((result) => result.status === status).length;
  return {
    plugin: { name: manifest.name, version: manifest.version, digest },
    results,
    rules: ruleTable(manifest, results),
    filtered,
    summary: { passed: count("passed"), failed: count("failed"), unclear: count("unclear") },
  };
}
