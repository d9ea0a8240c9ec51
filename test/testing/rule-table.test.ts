import * as assert from "uvu/assert";
import { parseManifest } from "../../src/bundle/manifest.ts";
import type { TestResult } from "../../src/testing/report.ts";
import { ruleTable } from "../../src/testing/rule-table.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("rule-table");

const result = (name: string, ...fired: string[]): TestResult => ({
  file: "cases/a.yaml",
  line: 1,
  name,
  status: "passed",
  differences: [],
  verdict: null,
  error: null,
  fired,
});

test("ruleTable() has every rule of the manifest, then those that it does not declare", () => {
  const manifest = parseManifest({
    ...MANIFEST,
    rules: [{ id: "never", title: "Never" }, { id: "often", title: "Often" }],
  });
  const table = ruleTable(manifest, [
    result("one", "often", "cofferdam.denied"),
    result("two", "__proto__", "often"),
    result("three"),
  ]);
  assert.equal(
    table.map(({ id, title, firedIn }) => [id, title, firedIn.map((test) => test.name)]),
    [["never", "Never", []], ["often", "Often", ["one", "two"]], ["__proto__", null, ["two"]]],
  );
});

test.run();
