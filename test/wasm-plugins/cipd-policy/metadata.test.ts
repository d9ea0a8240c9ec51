import * as assert from "uvu/assert";
import type { JsonValue } from "../../../src/json.ts";
import type { MetadataListAnswer } from "../../../src/guest/host.ts";
import type { MetadataEntry } from "../../../wasm-plugins/cipd-policy/metadata.ts";
import {
  checkPin,
  FakeHost,
  INSTANCE,
  PIN,
  requiring,
  rulesOf,
} from "../../support/cipd-policy.ts";
import { suite } from "../../support/suite.ts";

const SERVICE = "https://chrome-infra-packages.appspot.com";

/** Gives `entries` in pages as large as they are asked for. */
function pagingHost(entries: readonly MetadataEntry[]): FakeHost {
  return new FakeHost(({ pageSize, pageToken }) => {
    const start = Number(pageToken ?? 0);
    const end = start + pageSize!;
    const page = { entries: entries.slice(start, end) };
    return end < entries.length ? { ...page, nextPageToken: String(end) } : page;
  });
}

const entry = (i: number, change: Partial<MetadataEntry> = {}): MetadataEntry => ({
  key: "k",
  value: String(i),
  encoding: "utf8",
  ...change,
});

const test = suite("wasm-plugins/cipd-policy/metadata");

test("metadata is asked for by the service, the package, the instance and the keys", () => {
  const host = pagingHost([]);
  const settings = requiring({ key: "a" }, { key: "b" }, { key: "a", values: ["1"] });
  checkPin({ ...PIN, serviceUrl: `${SERVICE}/` }, settings, host);
  checkPin(PIN, { ...settings, defaultService: "https://CIPD.example.com:443" }, host);
  const question = { package: "shop/web", instanceId: INSTANCE, keys: ["a", "b"], pageSize: 4 };
  // The second is denied before: its service is not allowed.
  assert.equal(host.asked, [{ ...question, service: SERVICE }]);

  const services = ["https://cipd.example.com"];
  checkPin(PIN, { ...settings, services, defaultService: "https://CIPD.example.com:443" }, host);
  assert.is(host.asked[1]!.service, "https://CIPD.example.com:443");
});

const PAGES: readonly (readonly [string, JsonValue, number, readonly (string | undefined)[]])[] = [
  ["all are read where none will do", { key: "k", values: ["x"] }, 15, [undefined, "4", "8", "12"]],
  ["one page is enough where it has what is wanted", { key: "k", values: ["3"] }, 15, [undefined]],
  ["the second has what is wanted", { key: "k", values: ["4"] }, 15, [undefined, "4"]],
  ["a full page that is the last", { key: "k", values: ["x"] }, 4, [undefined]],
];

for (const [name, requirement, count, tokens] of PAGES) {
  test(`pages of metadata: ${name}`, () => {
    const host = pagingHost(Array.from({ length: count }, (_, i) => entry(i)));
    const { allowed } = checkPin(PIN, requiring(requirement), host);
    assert.is(allowed, (requirement as { values: string[] }).values[0] !== "x");
    assert.equal(host.asked.map(({ pageToken }) => pageToken), tokens);
  });
}

test("what is required can come from different pages", () => {
  const host = pagingHost(Array.from({ length: 20 }, (_, i) => entry(i, { key: `k${i}` })));
  const required = [{ key: "k0" }, { key: "k19" }];
  assert.equal(checkPin(PIN, requiring(...required), host), { allowed: true, reasons: [] });
  assert.is(host.asked.length, 5);
});

test("pages without end are given up", () => {
  const host = new FakeHost(() => ({ entries: [entry(1)], nextPageToken: "again" }));
  assert.equal(rulesOf(checkPin(PIN, requiring({ key: "x" }), host)), ["metadata-available"]);
  assert.is(host.asked.length, 100);
});

test("entries of other keys count for nothing, whatever the host gives", () => {
  const host = pagingHost([entry(1, { key: "other" }), entry(1, { key: "__proto__" })]);
  assert.equal(rulesOf(checkPin(PIN, requiring({ key: "k" }), host)), ["metadata-required"]);
});

test("values of 512 KiB are looked at", () => {
  const value = `${"a".repeat(512 * 1024 - 3)}end`;
  const host = () => pagingHost(Array.from({ length: 50 }, () => entry(0, { value })));
  const parts = "*a".repeat(400);
  assert.is(
    checkPin(PIN, requiring({ key: "k", patterns: [`${parts}*end`] }), host()).allowed,
    true,
  );
  assert.is(
    checkPin(PIN, requiring({ key: "k", patterns: [`${parts}*ens`] }), host()).allowed,
    false,
  );
  assert.is(checkPin(PIN, requiring({ key: "k", patterns: [`*x*end`] }), host()).allowed, false);
});

const FAILURES: readonly (readonly [string, () => MetadataListAnswer, string])[] = [
  ["refuses", () => {
    throw Object.assign(new Error("not granted"), { code: "capability.denied" });
  }, 'cannot be had: capability.denied, "not granted".'],
  ["throws what is no error", () => {
    throw null;
  }, "cannot be had: it does not say why."],
  ["answers with nothing", () => null as unknown as MetadataListAnswer, "cannot be had"],
  ["answers without entries", () => ({}) as MetadataListAnswer, "cannot be had"],
  [
    "has an entry that is none",
    () => ({ entries: [null] }) as unknown as MetadataListAnswer,
    "cannot",
  ],
  ["fails with megabytes", () => {
    throw new Error("\ud800".repeat(5_000_000));
  }, "cannot be had"],
];

for (const [name, list, message] of FAILURES) {
  test(`a host that ${name} denies`, () => {
    const { allowed, reasons } = checkPin(PIN, requiring({ key: "k" }), new FakeHost(list));
    assert.is(allowed, false);
    assert.equal(reasons.map(({ rule, path }) => [rule, path]), [["metadata-available", ""]]);
    assert.match(reasons[0]!.message, message);
    assert.ok(reasons[0]!.message.length < 1_000);
  });
}

test("a failure on a later page denies, though nothing was wrong before", () => {
  let page = 0;
  const host = new FakeHost(() => {
    if (page++ === 0) return { entries: [entry(1)], nextPageToken: "x" };
    throw new Error("broken");
  });
  const verdict = checkPin(PIN, requiring({ key: "k" }, { key: "other" }), host);
  assert.equal(rulesOf(verdict), ["metadata-available"]);
});

test.run();
