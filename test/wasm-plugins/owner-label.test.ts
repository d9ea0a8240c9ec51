import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { buildOwnerLabel, OWNER_LABEL } from "../../scripts/build-foreign-plugins.ts";
import { Bench } from "../../src/testing/bench.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { checkFeatures } from "../support/allowed-features.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { ExtismMock } from "../support/extism-mock.ts";
import { leaveOut } from "../support/optional.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/owner-label");

let bench: Bench;
let bytes: Uint8Array<ArrayBuffer>;

test.before(async () => {
  bytes = new Uint8Array(await readFile(OWNER_LABEL));
  bench = await Bench.open(OWNER_LABEL);
});
test.after(() => bench.close());

testCases(test, await casesOf("owner-label"), () => bench);

test("owner-label reads what is larger than its memory", async () => {
  const object = {
    data: Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`key-${i}`, "x".repeat(20)]),
    ),
    metadata: { labels: { owner: "web" } },
  };
  const verdict = await bench.plugin(OWNER_LABEL).check({ object });
  assert.equal(verdict, { allowed: true, reasons: [] });
});

const READ = [
  '{"object":{"metadata":{"labels":{"owner":"web"}}}}',
  ' {\n\t"object" : { "metadata":\r{ "labels" : { "owner" : "web" } } } } ',
  '{"object":{"\\u006d\\u0065tadata":{"labels":{"own\\u0065r":"web"}}}}',
  '{"x":[1,-0.5e+3,1E5,0,"\\ud83c\\n\\/é",true,false,null,[],{}],' +
  '"object":{"metadata":{"labels":{"owner":"web"}}}}',
  `{"deep":${"[".repeat(500)}${"]".repeat(500)},` +
  `"object":{"metadata":{"labels":{"owner":"web"}}}}`,
];

const BROKEN = [
  "",
  "null",
  "[]",
  "{}",
  '{"operation":"DELETE"}',
  '{"object":{}',
  '{"object":{}}x',
  '{"object":{},}',
  '{"object":{}"x":1}',
  '{"object":[1,]}',
  '{"object":01}',
  '{"object":-}',
  '{"object":1.}',
  '{"object":1e}',
  '{"object":+1}',
  '{"object":tru}',
  '{"object":nul',
  '{"object":"',
  '{"object":"\\"',
  '{"object":"\\x"}',
  '{"object":"\\u12g4"}',
  '{"object":"\n"}',
  "{'object':{}}",
  "{object:{}}",
  '{"object":{"metadata":{},"metadata":{"labels":{"owner":"web"}}}}',
  '{"object":{"metadata":{"labels":{"owner":"","owner":"web"}}}}',
  `{"object":${"[".repeat(100_000)}`,
  `{"object":${'{"a":'.repeat(600)}1${"}".repeat(600)}}`,
];

/** Runs the module by hand, to give it what the host never writes. */
async function check(input: string): Promise<{ status: number; mock: ExtismMock }> {
  const mock = new ExtismMock(input);
  const { instance } = await WebAssembly.instantiate(bytes, { "extism:host/env": mock.functions });
  return { status: (instance.exports.admission_check as () => number)(), mock };
}

test("owner-label reads every form of JSON", async () => {
  for (const text of READ) {
    const { status, mock } = await check(text);
    assert.is(status, 0, text);
    assert.equal(JSON.parse(mock.output!), { allowed: true, reasons: [] });
  }
});

test("owner-label fails on what is no request, and says so", async () => {
  for (const text of BROKEN) {
    const { status, mock } = await check(text);
    assert.is(status, 1, text.slice(0, 80));
    assert.match(mock.error!, /^Cannot read the request/);
    assert.is(mock.output, undefined);
  }
});

test("owner-label imports only Extism's functions and uses allowed features", () => {
  const { imports } = readOutline(bytes);
  assert.ok(imports.every(({ module }) => module === "extism:host/env"));
  checkFeatures(bytes);
});

const built = await buildOwnerLabel();
if ("unavailable" in built) leaveOut("the source of owner-label", built.unavailable);
else {test("the committed owner-label is what its source gives", () =>
    assert.equal(built.wasm, bytes));}

test.run();
