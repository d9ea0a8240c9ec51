import { symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { judgeCombined, resolveSubject } from "../../src/cli/combine.ts";
import { readInputs } from "../../src/input/read.ts";
import type { JudgingPlugin } from "../../src/host/plugin.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, json, makeCheckFolder, runCheckIn } from "./check-folder.ts";

const test = suite<CheckContext>("combine");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

test("check --combine judges one input, with the others as evidence", async ({ folder }) => {
  const { code, report } = await json(
    folder,
    "--plugin",
    "deny.wasm",
    "--combine",
    "a.json",
    "c.json",
  );
  assert.is(code, 1);
  assert.equal(report.results.map((r: { input: string }) => r.input), ["a.json"]);
});

/** What a plugin is asked in a run over `named`: the subject's input and the number of its evidence. */
async function asked(combine: string, named: readonly string[]): Promise<string[]> {
  const questions: string[] = [];
  const plugin: JudgingPlugin = {
    manifest: MANIFEST,
    digest: "sha256:x",
    admission: {
      judges: () => true,
      check: (document, options) => {
        questions.push(`${document.input} + ${options!.evidence!.length}`);
        return Promise.resolve({ allowed: true, reasons: [] });
      },
    },
  };
  const { signal } = new AbortController();
  const options = { plugins: [plugin], waivers: [], now: "", failOnWarning: false, signal };
  const subject = await resolveSubject(combine, "stdin");
  const inputs = readInputs([subject.argument, ...named]);
  for await (const { results } of judgeCombined(inputs, subject, options)) {
    for (const { error } of results) if (error !== null) questions.push(error.code);
  }
  return questions;
}

test("judgeCombined() takes the subject for no evidence, by whatever path it comes again", async ({ folder }) => {
  const path = folder.path.replaceAll("\\", "/");
  await symlink("a.json", join(path, "link-to-a.json"));
  const c = `${path}/c.json`;
  for (const subject of ["a.json", "./a.json", "empty/../a.json", "/a.json"]) {
    const a = `${path}/${subject}`;
    const name = a.replace(/\/\.\//, "/").replace("//", "/");
    assert.equal(await asked(a, [c]), [`${name} + 1`]);
    assert.equal(await asked(a, [c, `${path}/a.json`, `${path}/link-to-a.json`, a]), [
      `${name} + 1`,
    ]);
  }
});

test("judgeCombined() finds no subject in a glob or in what is not there", async ({ folder }) => {
  assert.equal(await asked(`${folder.path}/[ac].json`, []), ["input.not-found"]);
  assert.equal(await asked(`${folder.path}/gone.json`, [`${folder.path}/a.json`]), [
    "input.not-found",
  ]);
});

test("check --combine - judges standard input", async ({ folder }) => {
  for (const named of [["a.json"], ["a.json", "-"], ["-", "a.json"]]) {
    const args = ["--format", "json", "--plugin", "deny.wasm", "--combine", "-", ...named];
    const { code, stdout } = await runCheckIn(folder, args, { stdin: '{"b": 1}' });
    assert.is(code, 1);
    assert.equal(JSON.parse(stdout).results.map((r: { input: string }) => r.input), ["stdin"]);
  }
});

test("check --combine refuses a folder", async ({ folder }) => {
  const { code, stderr } = await json(
    folder,
    "--plugin",
    "deny.wasm",
    "--combine",
    "empty",
    "a.json",
  );
  assert.is(code, 2);
  assert.match(stderr, /"--combine empty" names a folder, wanted one file.*usage\.invalid/);
});

test("check --combine says that its subject is not there, or that nobody judges it", async ({ folder }) => {
  const missing = await json(folder, "--plugin", "deny.wasm", "--combine", "b.json", "a.json");
  assert.is(missing.code, 2);
  assert.match(missing.report.results[0].error.message, /"b\.json".*subject.*not found/);
  const args = ["--plugin", "deny.wasm", "--combine", "a.json", "--exclude", "a.json", "c.json"];
  const excluded = await json(folder, ...args);
  assert.is(excluded.code, 2);
  assert.match(excluded.report.results[0].error.message, /"a\.json".*not excluded/);
  const other = await json(folder, "--plugin", "deny.wasm", "--combine", "text.toml", "a.json");
  assert.is(other.code, 2);
  assert.match(other.stderr, 'the subject "text.toml" holds no document that a plugin judges');
});

test.run();
