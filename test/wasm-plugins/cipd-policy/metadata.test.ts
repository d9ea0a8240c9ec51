import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import type { MetadataEntry, MetadataRequest } from "../../../src/capability/metadata-provider.ts";
import type { Verdict } from "../../../src/contract/admission.ts";
import type { JsonObject, JsonValue } from "../../../src/json.ts";
import { PluginError } from "../../../src/plugin-error.ts";
import { Bench } from "../../../src/testing/bench.ts";
import type { FakeAnswer, Fakes } from "../../../src/testing/fake-host.ts";
import { INSTANCE, PIN, requiring } from "../../support/cipd-policy.ts";
import { suite } from "../../support/suite.ts";

const SERVICE = "https://chrome-infra-packages.appspot.com";

let bench: Bench;

/** Asks about a pin. @returns with it, what the policy asked of the host */
async function check(
  pin: JsonObject,
  settings: JsonValue,
  fakes: Fakes,
): Promise<Verdict & { readonly asked: readonly JsonObject[] }> {
  const plugin = bench.plugin(import.meta.url, fakes);
  const verdict = await plugin.check({ kind: "cipd.pin", object: pin, settings });
  return { ...verdict, asked: plugin.calls.map(({ request }) => request as JsonObject) };
}

/** Gives `entries` in pages as large as they are asked for. */
function paging(entries: readonly MetadataEntry[]): Fakes {
  return {
    metadata: ({ pageSize, pageToken }: MetadataRequest) => {
      const start = Number(pageToken ?? 0);
      const end = start + pageSize;
      const page = { entries: entries.slice(start, end) };
      return end < entries.length ? { ...page, nextPageToken: String(end) } : page;
    },
  };
}

/** Answers as no host that checks its source would. */
const answering = (answer: FakeAnswer): Fakes => ({ answers: { metadata_list: answer } });

const entry = (i: number, change: Partial<MetadataEntry> = {}): MetadataEntry => ({
  key: "k",
  value: String(i),
  ...change,
});

const rulesOf = ({ reasons }: Verdict): string[] => reasons.map(({ rule }) => rule);

const test = suite("wasm-plugins/cipd-policy/metadata");

test.before(async () => {
  bench = await Bench.open(builtPlugin("cipd-policy"));
});
test.after(() => bench.close());

test("metadata is asked for by the service, the package, the instance and the keys", async () => {
  const settings = requiring({ key: "a" }, { key: "b" }, { key: "a", values: ["1"] });
  const question = { package: "shop/web", instanceId: INSTANCE, keys: ["a", "b"], pageSize: 4 };
  const named = await check({ ...PIN, serviceUrl: `${SERVICE}/` }, settings, {});
  assert.equal(named.asked, [{ ...question, service: SERVICE }]);

  // Denied before: this service is not allowed.
  const defaultService = "https://CIPD.example.com:443";
  assert.equal((await check(PIN, { ...settings, defaultService }, {})).asked, []);

  const services = ["https://cipd.example.com"];
  const other = await check(PIN, { ...settings, services, defaultService }, {});
  assert.equal(other.asked, [{ ...question, service: defaultService }]);
});

const PAGES: readonly (readonly [string, JsonValue, number, readonly (string | undefined)[]])[] = [
  ["all are read where none will do", { key: "k", values: ["x"] }, 15, [undefined, "4", "8", "12"]],
  ["one page is enough where it has what is wanted", { key: "k", values: ["3"] }, 15, [undefined]],
  ["the second has what is wanted", { key: "k", values: ["4"] }, 15, [undefined, "4"]],
  ["a full page that is the last", { key: "k", values: ["x"] }, 4, [undefined]],
];

for (const [name, requirement, count, tokens] of PAGES) {
  test(`pages of metadata: ${name}`, async () => {
    const fakes = paging(Array.from({ length: count }, (_, i) => entry(i)));
    const { allowed, asked } = await check(PIN, requiring(requirement), fakes);
    assert.is(allowed, (requirement as { values: string[] }).values[0] !== "x");
    assert.equal(asked.map(({ pageToken }) => pageToken), tokens);
  });
}

test("what is required can come from different pages", async () => {
  const fakes = paging(Array.from({ length: 20 }, (_, i) => entry(i, { key: `k${i}` })));
  const settings = requiring({ key: "k0" }, { key: "k19" });
  const { allowed, reasons, asked } = await check(PIN, settings, fakes);
  assert.equal({ allowed, reasons }, { allowed: true, reasons: [] });
  assert.is(asked.length, 5);
});

test("pages without end are given up", async () => {
  const verdict = await check(
    PIN,
    requiring({ key: "x" }),
    { metadata: () => ({ entries: [entry(1)], nextPageToken: "again" }) },
  );
  assert.equal(rulesOf(verdict), ["metadata-available"]);
  assert.is(verdict.asked.length, 100);
});

test("entries of other keys count for nothing, whatever the host gives", async () => {
  const entries = ["other", "__proto__"].map((key) => ({ key, value: "1", encoding: "utf8" }));
  const verdict = await check(PIN, requiring({ key: "k" }), answering(() => ({ entries })));
  assert.equal(rulesOf(verdict), ["metadata-required"]);
});

test("a page of values of 512 KiB is looked at, within what a host gives by default", async () => {
  const value = `${"a".repeat(512 * 1024 - 3)}end`;
  const fakes = paging(Array.from({ length: 4 }, () => entry(0, { value })));
  const parts = "*a".repeat(400);
  const patterns = [[`${parts}*end`, true], [`${parts}*ens`, false], ["*x*end", false]] as const;
  for (const [pattern, allowed] of patterns) {
    const settings = requiring({ key: "k", patterns: [pattern] });
    assert.is((await check(PIN, settings, fakes)).allowed, allowed, pattern.slice(-10));
  }
});

const refusing = (message: string): Fakes =>
  answering(() => {
    throw new PluginError("capability.denied", message);
  });

const FAILURES: readonly (readonly [string, Fakes, string])[] = [
  ["refuses", refusing("not granted"), 'cannot be had: capability.denied, "not granted".'],
  ["answers with nothing", answering(() => null), "cannot be had"],
  ["answers without entries", answering(() => ({})), "cannot be had"],
  ["has an entry that is none", answering(() => ({ entries: [null] })), "cannot be had"],
  ["refuses with a megabyte", refusing("🎉".repeat(250_000)), "cannot be had"],
];

for (const [name, fakes, message] of FAILURES) {
  test(`a host that ${name} denies`, async () => {
    const { allowed, reasons } = await check(PIN, requiring({ key: "k" }), fakes);
    assert.is(allowed, false);
    assert.equal(reasons.map(({ rule, path }) => [rule, path]), [["metadata-available", ""]]);
    assert.match(reasons[0]!.message, message);
    assert.ok(reasons[0]!.message.length < 1_000);
  });
}

test("a failure on a later page denies, though nothing was wrong before", async () => {
  let page = 0;
  const verdict = await check(PIN, requiring({ key: "k" }, { key: "other" }), {
    metadata: () => {
      if (page++ === 0) return { entries: [entry(1)], nextPageToken: "x" };
      throw new PluginError("capability.failed", "broken");
    },
  });
  assert.equal(rulesOf(verdict), ["metadata-available"]);
  assert.is(verdict.asked.length, 2);
});

test.run();
