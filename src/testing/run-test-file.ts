import { onStrayError } from "../platform/process.ts";
import { PluginError } from "../plugin-error.ts";
import { withinTime } from "../within-time.ts";
import type { Bench } from "./bench.ts";
import { loadTestFile } from "./load-test-file.ts";
import { collectTests, type TestFunction } from "./registry.ts";
import type { TestResult } from "./report.ts";
import { describeThrown } from "./thrown.ts";

/** How tests of a file are run. */
export interface TestFileOptions {
  /** Whether a test is wanted, by its name. */
  readonly wants: (name: string) => boolean;
  /** What one test may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Hears of each result. */
  readonly onResult: (result: TestResult) => void;
}

/**
 * Runs the tests of one file, one after the other.
 *
 * @param path Where the file is.
 * @param name What it is called in results.
 * @throws {PluginError} `call.aborted`
 */
export async function runTestFile(
  bench: Bench,
  path: string,
  name: string,
  { wants, timeoutMs, signal, onResult }: TestFileOptions,
): Promise<void> {
  const stray = new StrayErrors();
  const aborted = rejectionAt(signal);
  try {
    const loaded = stray.during(collectTests(() => loadTestFile(path)));
    const tests = await Promise.race([loaded, aborted]);
    if (tests.length === 0) {
      throw new PluginError("input.empty", `Cannot test "${path}": it registers no test`);
    }
    for (const test of tests) {
      if (!wants(test.name)) continue;
      const result = await runTest(bench, path, test.run, { stray, timeoutMs, aborted });
      if (signal.aborted) await aborted;
      onResult({ ...result, file: name, name: test.name });
    }
    // Of a test that had ended by then, and nobody knows of which.
    await stray.during(runToEnd(() => {}));
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    onResult({
      ...NOTHING,
      status: "unclear",
      error: describeThrown(thrown),
      file: name,
      name: null,
    });
  } finally {
    stray.end();
  }
}

/** Rejects when `signal` aborts: a test need not know of it. */
function rejectionAt(signal: AbortSignal): Promise<never> {
  const { promise, reject } = promiseWithReject();
  promise.catch(() => {});
  const stop = () => reject(new PluginError("call.aborted", "The tests were given up"));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return promise;
}

const NOTHING = { line: null, differences: [], verdict: null, fired: [] };

/** What ends a test that does not end. */
interface TestEnds {
  readonly stray: StrayErrors;
  readonly timeoutMs: number;
  /** Rejects when all tests are given up. */
  readonly aborted: Promise<never>;
}

async function runTest(
  bench: Bench,
  path: string,
  run: TestFunction,
  { stray, timeoutMs, aborted }: TestEnds,
): Promise<Omit<TestResult, "file" | "name">> {
  const fired = new Set<string>();
  const plugin = bench.plugin(path, {}, ({ reasons }) => {
    for (const { rule } of reasons) fired.add(rule);
  });
  try {
    const ended = stray.during(runToEnd(() => run(plugin)));
    await within(timeoutMs, Promise.race([ended, aborted]));
    return { ...NOTHING, status: "passed", error: null, fired: [...fired] };
  } catch (thrown) {
    return { ...NOTHING, status: "failed", error: describeThrown(thrown), fired: [...fired] };
  }
}

/** Errors that nobody waits for show themselves one turn later. */
async function runToEnd(run: () => void | Promise<void>): Promise<void> {
  await run();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  if (await withinTime(timeoutMs, work.then(() => "ended")) === undefined) {
    throw new PluginError("test.timeout", `The test took longer than ${timeoutMs} ms`);
  }
}

/** Errors that no caller hears of, which belong to what runs at that moment. */
class StrayErrors {
  readonly #seen: unknown[] = [];
  #tell: (() => void) | undefined;
  readonly #remove = onStrayError((error) => {
    this.#seen.push(error);
    this.#tell?.();
  });

  /** What `work` gives; rejects with the first stray error, also with one that came before. */
  async during<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = promiseWithReject();
    const tell = () => reject(this.#seen.shift());
    this.#tell = tell;
    if (this.#seen.length > 0) tell();
    try {
      return await Promise.race([promise, work]);
    } finally {
      if (this.#tell === tell) this.#tell = undefined;
      // The loser of the race may still fail, and nobody waits for it any more.
      Promise.allSettled([promise, work]);
    }
  }

  end(): void {
    this.#remove();
  }
}

function promiseWithReject(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<never>((_resolve, fail) => {
    reject = fail;
  });
  return { promise, reject };
}
