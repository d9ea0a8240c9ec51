import * as assert from "uvu/assert";
import { logUnjudged } from "../../src/cli/unjudged.ts";
import type { Unjudged } from "../../src/cli/judge-inputs.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, makeCheckFolder, runCheckIn } from "./check-folder.ts";

const test = suite<CheckContext>("unjudged");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

function logged(unjudged: readonly Unjudged[]): string[] {
  const lines: string[] = [];
  logUnjudged((level, message) => lines.push(`${level}: ${message}`), unjudged);
  return lines;
}

test("logUnjudged() says nothing where all was judged", () => {
  assert.equal(logged([]), []);
});

test("logUnjudged() names three files and counts the rest", () => {
  const lines = logged([
    { input: "empty.yaml", kind: null },
    { input: "a", kind: "toml" },
    { input: "a", kind: "toml" },
    { input: "b", kind: "yaml" },
    { input: "c", kind: "toml" },
    { input: "d", kind: "toml" },
    { input: "e", kind: "toml" },
  ]);
  assert.equal(lines.slice(0, 2), [
    'info: "empty.yaml" holds no document',
    "info: not judged, since no plugin judges their kind: 5 toml, 1 yaml " +
    '("a", "b", "c" and 2 more)',
  ]);
  assert.equal(lines.slice(2, 4), [
    'debug: "empty.yaml" was not judged: no document',
    'debug: "a" was not judged: kind toml',
  ]);
  assert.is(lines.length, 9);
});

test("logUnjudged() counts empty inputs together", () => {
  const empty = ["a", "b", "c", "d"].map((input) => ({ input, kind: null }));
  assert.is(logged(empty)[0], 'info: "a", "b", "c" and 1 more hold no document');
});

test("check names on stderr what it did not judge", async ({ folder }) => {
  await folder.write({
    "mixed/a.json": "{}",
    "mixed/b.json": " ",
    "mixed/c.toml": "a = 1",
    "mixed/d.txt": "",
  });
  const plain = await runCheckIn(folder, ["--plugin", "allow.wasm", "mixed"]);
  assert.is(plain.code, 0);
  assert.match(plain.stderr, '"mixed/b.json" holds no document\n');
  assert.match(plain.stderr, 'kind: 1 toml ("mixed/c.toml")\n');
  assert.not.match(plain.stderr, "d.txt");
  const args = ["--log-level", "debug", "--plugin", "allow.wasm", "mixed"];
  const debug = await runCheckIn(folder, args);
  assert.match(debug.stderr, 'debug: "mixed/d.txt" was passed over');
  assert.match(debug.stderr, 'debug: "mixed/c.toml" was not judged: kind toml');
});

test.run();
