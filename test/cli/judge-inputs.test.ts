import * as assert from "uvu/assert";
import { judgeEach } from "../../src/cli/judge-inputs.ts";
import type { JudgingPlugin } from "../../src/host/plugin.ts";
import type { ReadResult } from "../../src/input/read.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("judge-inputs");

/** A plugin that judges JSON and lets a caller see its questions. */
function pluginOf(answer: (input: string) => Promise<void>): JudgingPlugin {
  return {
    manifest: MANIFEST,
    digest: "sha256:x",
    admission: {
      judges: ({ kind }) => kind === "json",
      check: async ({ input }) => {
        await answer(input);
        return { allowed: true, reasons: [] };
      },
    },
  };
}

const optionsOf = (plugin: JudgingPlugin) => ({
  plugins: [plugin],
  waivers: [],
  now: "2026-06-01T00:00:00Z",
  failOnWarning: false,
  signal: new AbortController().signal,
});

const read = (name: string, count = 1): ReadResult => ({
  ok: true,
  name,
  documents: Array.from({ length: count }, (_, index) => jsonDocument({}, { input: name, index })),
});

async function* stream(inputs: readonly ReadResult[]): AsyncIterable<ReadResult> {
  yield* inputs;
}

test("judgeEach() keeps the order of the inputs, whichever answer comes first", async () => {
  const waits: Readonly<Record<string, number>> = { a: 20, b: 0, c: 10 };
  const plugin = pluginOf((input) => new Promise((resolve) => setTimeout(resolve, waits[input])));
  const seen: string[] = [];
  const inputs = stream([read("a"), read("b", 2), read("c")]);
  for await (const { results } of judgeEach(inputs, optionsOf(plugin))) {
    for (const { input, document } of results) seen.push(`${input}${document}`);
  }
  assert.equal(seen, ["a0", "b0", "b1", "c0"]);
});

test("judgeEach() gives an account of every input, also where nobody is asked", async () => {
  const toml = jsonDocument({}, { input: "t", kind: "toml" });
  const inputs = stream([
    { ok: false, name: "bad", error: new PluginError("document.malformed", "no") },
    read("empty", 0),
    { ok: true, name: "t", documents: [toml] },
  ]);
  const shown: unknown[] = [];
  const plugin = pluginOf(() => Promise.resolve());
  for await (const { results, unjudged } of judgeEach(inputs, optionsOf(plugin))) {
    shown.push(unjudged ?? results.map(({ input, error }) => [input, error?.code]));
  }
  assert.equal(shown, [
    [["bad", "document.malformed"]],
    { input: "empty", kind: null },
    { input: "t", kind: "toml" },
  ]);
});

test("judgeEach() starts a bounded number of documents ahead, also of one input", async () => {
  let started = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const plugin = pluginOf(() => {
    started++;
    return gate;
  });
  const judged = judgeEach(stream([read("many", 1_000)]), optionsOf(plugin))
    [Symbol.asyncIterator]();
  const first = judged.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(started > 1 && started < 200, `${started} were started`);
  release();
  let count = 0;
  for (let next = await first; !next.done; next = await judged.next()) count++;
  assert.equal([count, started], [1_000, 1_000]);
});

test("judgeEach() ends with the abort of a call, and with no rejection unheard", async () => {
  const aborted = new PluginError("call.aborted", "aborted");
  const plugin = pluginOf(() => Promise.reject(aborted));
  let caught: unknown;
  try {
    for await (const _ of judgeEach(stream([read("a", 3)]), optionsOf(plugin)));
  } catch (error) {
    caught = error;
  }
  assert.is(caught, aborted);
});

test.run();
