import * as assert from "uvu/assert";
import {
  gravestOf,
  isOnlyWaived,
  outcomeOf,
  placeOf,
  shownSeverity,
  subjectOf,
  summaryOf,
} from "../../../src/cli/format/wording.ts";
import { reason, result } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/wording");

const allowed = result({ input: "a" });
const denied = result({ input: "a", allowed: false });
const unclear = result({ input: "a", allowed: null });
const waived = reason("r", "m", { waived: { reason: "x", until: "2027-01-31" } });

test("outcomeOf() never takes silence for an allow", () => {
  assert.equal([allowed, denied, unclear].map(outcomeOf), ["allowed", "denied", "unclear"]);
});

test("gravestOf() orders outcomes as the exit code does", () => {
  assert.is(gravestOf([allowed, denied, unclear]), "unclear");
  assert.is(gravestOf([allowed, denied]), "denied");
  assert.is(gravestOf([allowed, allowed]), "allowed");
});

test("isOnlyWaived() wants an allow, a reason, and every reason waived", () => {
  assert.ok(isOnlyWaived({ ...allowed, reasons: [waived] }));
  assert.not.ok(isOnlyWaived(allowed));
  assert.not.ok(isOnlyWaived({ ...denied, reasons: [waived] }));
  assert.not.ok(isOnlyWaived({ ...allowed, reasons: [waived, reason("r", "m")] }));
});

test("placeOf() says as much as is known", () => {
  assert.is(placeOf("a.yaml", 3, 7), "a.yaml:3:7");
  assert.is(placeOf("a.yaml", 3, null), "a.yaml:3");
  assert.is(placeOf("a.yaml", null, 7), "a.yaml");
  assert.is(placeOf("a.yaml"), "a.yaml");
});

test("subjectOf() falls back to the place of the document", () => {
  assert.is(subjectOf(result({ input: "a", subject: "Pod/x" })), "Pod/x");
  assert.is(subjectOf(result({ input: "a", subject: null, document: 2 })), "a#2");
  assert.is(subjectOf(result({ input: "a", subject: null, document: null })), "a");
});

test("summaryOf() has the three counts", () => {
  const summary = { allowed: 3, denied: 1, errors: 0 };
  assert.is(summaryOf(summary), "3 allowed, 1 denied, 0 could not tell");
});

test("shownSeverity() calls a warning that denies an error", () => {
  const warning = (denies: boolean) => reason("r", "m", { severity: "warning", denies });
  assert.is(shownSeverity(warning(true)), "error");
  assert.is(shownSeverity(warning(false)), "warning");
  assert.is(shownSeverity(reason("r", "m", { severity: "info" })), "info");
});

test.run();
