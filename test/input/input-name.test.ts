import * as assert from "uvu/assert";
import { entryName, inputName } from "../../src/input/input-name.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/input-name");

const NAMES: readonly [string, string][] = [
  ["k8s/web.yaml", "k8s/web.yaml"],
  ["./k8s/web.yaml", "k8s/web.yaml"],
  ["././web.yaml", "web.yaml"],
  ["k8s/", "k8s"],
  ["k8s//a///b.yaml", "k8s/a/b.yaml"],
  ["k8s/./a/.", "k8s/a"],
  ["../k8s", "../k8s"],
  [".github", ".github"],
  ["k8s/.hidden", "k8s/.hidden"],
  [".", "."],
  ["./", "."],
  ["/", "/"],
  ["/tmp/", "/tmp"],
  ["./-", "./-"],
  ["./-x", "-x"],
  ["", ""],
];

for (const [path, name] of NAMES) {
  test(`inputName() shows ${JSON.stringify(path)} as ${JSON.stringify(name)}`, () => {
    assert.is(inputName(path), name);
    assert.is(inputName(name), name);
  });
}

test("entryName() joins a folder and what lies in it", () => {
  assert.is(entryName("k8s", "a"), "k8s/a");
  assert.is(entryName("/", "a"), "/a");
  assert.is(entryName(".", "a"), "a");
});

test.run();
