import * as assert from "uvu/assert";
import type { Waiver } from "../../src/config/config.ts";
import { expiredWaivers, findWaiver } from "../../src/config/waiver.ts";
import { suite } from "../support/suite.ts";

const test = suite("waiver");

const WAIVER: Waiver = {
  rule: "no-latest",
  subject: "Deployment/shop/web",
  reason: "moves next sprint",
  until: "2026-06-30",
};
const THING = {
  rule: "no-latest",
  plugin: "image-policy",
  subject: "Deployment/shop/web",
  input: "k8s/web.yaml",
};
const NOW = "2026-06-01T00:00:00Z";

test("findWaiver() matches rule and subject", () => {
  assert.is(findWaiver([WAIVER], THING, NOW), WAIVER);
});

test("findWaiver() matches the input too, where the waiver names one", () => {
  for (const input of ["k8s/web.yaml", "./k8s/web.yaml"]) {
    const waiver = { ...WAIVER, input };
    assert.is(findWaiver([waiver], THING, NOW), waiver);
  }
});

test("findWaiver() does not let a file excuse itself by the name of its subject", () => {
  const waiver = { ...WAIVER, subject: "legacy/Dockerfile", input: "legacy/Dockerfile" };
  const spoof = { ...THING, subject: "legacy/Dockerfile", input: "evil.yaml" };
  assert.is(findWaiver([waiver], spoof, NOW), undefined);
  assert.is(findWaiver([{ ...WAIVER, subject: "k8s/web.yaml" }], THING, NOW), undefined);
});

const OTHERS: [string, Partial<Waiver>][] = [
  ["another rule", { rule: "no-late" }],
  ["another subject", { subject: "Deployment/shop/web2" }],
  ["a part of the subject", { subject: "Deployment/shop" }],
  ["a pattern", { subject: "*" }],
  ["another plugin", { plugin: "other" }],
  ["another input", { input: "k8s/other.yaml" }],
];
for (const [what, change] of OTHERS) {
  test(`findWaiver() does not match ${what}`, () => {
    assert.is(findWaiver([{ ...WAIVER, ...change }], THING, NOW), undefined);
  });
}

const ENDS: [string, string, boolean][] = [
  ["2026-06-30", "2026-06-30T23:59:59Z", true],
  ["2026-06-30", "2026-07-01T00:00:00Z", false],
  ["2026-06-30T12:00:00Z", "2026-06-30T11:59:59Z", true],
  ["2026-06-30T12:00:00Z", "2026-06-30T12:00:00Z", false],
  ["2026-06-30T12:00:00+02:00", "2026-06-30T10:00:00Z", false],
];
for (const [until, now, counts] of ENDS) {
  test(`a waiver until ${until} ${counts ? "counts" : "is over"} at ${now}`, () => {
    const waiver = { ...WAIVER, until };
    assert.is(findWaiver([waiver], THING, now) !== undefined, counts);
    assert.is(expiredWaivers([waiver], now).length, counts ? 0 : 1);
  });
}

test("findWaiver() gives the one that lasts longest", () => {
  const longer = { ...WAIVER, until: "2026-12-31" };
  assert.is(findWaiver([WAIVER, longer], THING, NOW), longer);
});

test.run();
