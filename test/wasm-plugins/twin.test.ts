import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { buildAssemblyScript } from "../../src/build/assemblyscript.ts";
import { buildPlugin } from "../../src/build/build-plugin.ts";
import { packBundle } from "../../src/bundle/pack.ts";
import { Bench } from "../../src/testing/bench.ts";
import { casesOf, testCases } from "../support/cases.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("wasm-plugins/twin");

const FOLDER = projectPath("wasm-plugins", "twin");

let typescript: Bench;
let assemblyscript: Bench;

test.before(async () => {
  const { bytes, manifest } = await buildPlugin(`${FOLDER}/policy.ts`);
  typescript = await Bench.open(bytes);
  assemblyscript = await Bench.open(packBundle(await buildAssemblyScript(FOLDER), manifest));
});
test.after(async () => {
  await typescript.close();
  await assemblyscript.close();
});

const cases = await casesOf("twin");
testCases(test, cases, () => typescript);
testCases(test, cases, () => assemblyscript);

test("both languages give the same verdicts, to the letter", async () => {
  for (const { name, object, settings } of cases) {
    const question = { object: object!, ...(settings === undefined ? {} : { settings }) };
    const [one, other] = await Promise.all(
      [typescript, assemblyscript].map((bench) => bench.plugin(FOLDER).check(question)),
    );
    assert.equal(one, other, name);
  }
});

test("cases show every rule of the manifest", async () => {
  const { rules } = JSON.parse(await readFile(`${FOLDER}/plugin.json`, "utf8"));
  const shown = new Set(cases.flatMap(({ expect }) => expect.rules ?? []));
  assert.equal([...shown].sort(), rules.map(({ id }: { id: string }) => id).sort());
});

test.run();
