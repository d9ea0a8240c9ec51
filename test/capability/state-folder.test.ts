import * as assert from "uvu/assert";
import { folderName } from "../../src/capability/state-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("folderName()");

test("it writes small letters, digits, - and _ as they are, and the rest as bytes", () => {
  assert.is(folderName("s3-a_1"), "s3-a_1");
  assert.is(folderName("A.b/c"), "%41%2eb%2fc");
  assert.is(folderName(".."), "%2e%2e");
  assert.is(folderName("\0%\u00e9"), "%00%25%c3%a9");
});

test("names that differ never meet, also where case does not count", () => {
  const digest = folderName("x".repeat(300));
  assert.match(digest, /^%sha256-[0-9a-f]{64}$/);
  const names = ["a", "A", "%41", "%2541", "a/", "a.", "a ", "x".repeat(300), "x".repeat(301)];
  names.push(digest, digest.slice(1), "\u00e9", "e\u0301");
  const all = names.map(folderName);
  assert.is(new Set(all).size, names.length);
  for (const name of all) {
    assert.match(name, /^[a-z0-9_%-]{1,200}$/);
  }
});

test.run();
