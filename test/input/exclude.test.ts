import * as assert from "uvu/assert";
import { excludesOf } from "../../src/input/exclude.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/exclude");

const CASES: readonly [string, string, boolean][] = [
  ["*.json", "a.json", true],
  ["*.json", "deep/down/a.json", true],
  ["*.json", "deep/.a.json", true],
  ["*.json", "a.yaml", false],
  ["testdata", "charts/testdata", true],
  ["testdata", "charts/testdata2", false],
  ["k8s/*.yaml", "k8s/a.yaml", true],
  ["k8s/*.yaml", "k8s/sub/a.yaml", false],
  ["k8s/**", "k8s/sub/a.yaml", true],
  ["./k8s/**", "k8s/a.yaml", true],
  ["**/k8s/*", "x/y/k8s/a", true],
  ["k8s/", "k8s", true],
  ["!a.yaml", "b.yaml", false],
];

for (const [glob, name, expected] of CASES) {
  test(`excludesOf(["${glob}"]) ${expected ? "leaves out" : "keeps"} ${name}`, () => {
    assert.is(excludesOf([glob])(name), expected);
  });
}

test("excludesOf() leaves nothing out without globs, and what any of several matches", () => {
  assert.not.ok(excludesOf([])("a"));
  assert.ok(excludesOf(["a", "b"])("b"));
});

test("excludesOf() refuses an empty glob", () => {
  assert.throws(
    () => excludesOf([""]),
    (error: unknown) => error instanceof PluginError && error.code === "usage.invalid",
  );
});

test.run();
