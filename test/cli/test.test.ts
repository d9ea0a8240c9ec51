/** `cofferdam test` as a user runs it. */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import * as assert from "uvu/assert";
import { CLI, plainEnvironment } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { bundleOf, MANIFEST } from "../support/guest.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";
import { LOOP } from "./check-folder.ts";
import { jsonTests, makeTestFolder, runTests, testModule } from "./test-folder.ts";

const test = suite("test");

/** A result of the JSON report, in short. */
// deno-lint-ignore no-explicit-any
function shortOf({ file, name, status, error }: any): unknown[] {
  return [file, name, status, error?.code, error?.message.split("\n")[0]];
}

const GOOD = "- { name: good, object: 1, expect: { allowed: false, rules: [no-b] } }\n";
const BAD = "- { name: bad, object: 1, expect: { allowed: true, rules: [] } }\n";

/** Files beside the plugin, arguments, the exit code, and what stdout or stderr must say. */
const RUNS: readonly (readonly [string, Record<string, string>, string[], number, RegExp])[] = [
  ["all cases pass", { "cases/a.yaml": GOOD }, [], 0, /^1 passed, 0 failed, 0 could not tell$/m],
  ["a case fails", { "cases/a.yaml": GOOD + BAD }, [], 1, /^1 passed, 1 failed/m],
  ["there are no tests", { "policy.ts": "" }, [], 2, /neither "cases\/\*\.yaml" nor.*input\.empty/],
  ["a file has no case", { "cases/a.yaml": "[]" }, [], 2, /it has none \[input\.empty\]/],
  [
    "a file of cases is bad, and another good",
    { "cases/a.yaml": "- { name: x }", "cases/b.yaml": GOOD },
    [],
    2,
    /"cases\/a\.yaml", line 1, case "x"[^]*^1 passed, 0 failed, 1 could not tell$/m,
  ],
  ["a file is huge", { "cases/a.yaml": `# ${"x".repeat(17 << 20)}` }, [], 2, /input\.too-large/],
  [
    "the plugin is not there",
    { "cases/a.yaml": GOOD },
    ["--plugin", "no.wasm"],
    2,
    /input\.not-found/,
  ],
  [
    "the plugin is none",
    { "cases/a.yaml": GOOD, "no.wasm": "text" },
    ["--plugin", "no.wasm"],
    2,
    /bundle\.malformed/,
  ],
  ["the folder is not there", {}, ["none"], 2, /there is no such folder/],
  ["two folders are named", {}, ["a", "b"], 2, /one FOLDER/],
  [
    "a filter takes some",
    { "cases/a.yaml": GOOD + BAD },
    ["--filter", "a.yaml: g"],
    0,
    /^1 passed, 0/m,
  ],
  ["a filter takes none", { "cases/a.yaml": GOOD }, ["--filter", "x"], 2, /no test has the text/],
  ["a bound is no number", { "cases/a.yaml": GOOD }, ["--fuel", "lots"], 2, /--fuel lots/],
];

for (const [what, files, args, wanted, says] of RUNS) {
  test(`exits ${wanted} where ${what}`, async () => {
    const folder = await makeTestFolder(files);
    try {
      const { code, stdout, stderr } = await runTests(folder, ...args);
      assert.is(code, wanted, stdout + stderr);
      assert.match(stdout + stderr, says);
    } finally {
      await folder.remove();
    }
  });
}

test("builds the plugin anew where its sources are there, and says what is wrong with them", async () => {
  const folder = await makeTestFolder({
    "cases/a.yaml": GOOD,
    "plugin.json": JSON.stringify(MANIFEST),
    "policy.ts": "let x: number = '';",
  });
  try {
    const old = await runTests(folder);
    assert.is(old.code, 2);
    assert.match(old.stderr, /policy\.ts.*\[build\.[a-z-]+\]/s);
    const named = await runTests(folder, "--plugin", "policy.wasm");
    assert.is(named.code, 0, named.stderr);
  } finally {
    await folder.remove();
  }
});

test("names rules that never fired, but not where only some tests were run", async () => {
  const folder = await makeTestFolder({ "cases/a.yaml": GOOD + BAD });
  try {
    const all = await runTests(folder);
    assert.match(all.stdout, /^no-b +2 {2}a\.yaml:1, a\.yaml:2$/m);
    assert.match(all.stdout, /^never fired: no-c$/m);
    const some = await runTests(folder, "--filter", "good");
    assert.match(some.stdout, /^no-b +1 {2}a\.yaml:1$/m);
    assert.not.match(some.stdout, "never fired:");
  } finally {
    await folder.remove();
  }
});

test("a guest that loops fails its case with the code", async () => {
  const folder = await makeTestFolder({
    "cases/a.yaml": GOOD + BAD,
    "loop.wasm": bundleOf(LOOP),
  });
  try {
    const { code, report } = await jsonTests(folder, "--plugin", "loop.wasm", "--fuel", "1000000");
    assert.is(code, 1);
    assert.equal(
      report.results.map((result: { error: { code: string } }) => result.error.code),
      ["sandbox.fuel", "sandbox.fuel"],
    );
  } finally {
    await folder.remove();
  }
});

test("runs test modules written in TypeScript, with what they import", async () => {
  const folder = await makeTestFolder({
    "test/helper.ts": "export enum Word { Rule = 'no-b' }\n",
    "policy.test.ts": testModule(`import { Word } from "./test/helper.ts";
test("passes", async (plugin: TestedPlugin) => {
  const verdict = await plugin.check({ object: { a: 1 } });
  assert.equal(verdict.reasons[0]!.rule, Word.Rule);
  assert.equal(plugin.manifest.name, "deny");
});
test("fails", async (plugin) => {
  assert.equal((await plugin.check({ object: 1 })).allowed, true, "it was denied");
});
test("is a stray", () => {
  console.log("to be seen on stderr");
  Promise.reject(new Error("nobody waits for this"));
});
test("ends in an error of the plugin's", async (plugin) => {
  await plugin.check({ object: 1, settings: { a: 1 } });
});
test("expects that", async (plugin) => {
  const refused = { name: "PluginError", code: "contract.settings-invalid" };
  await assert.rejects(plugin.check({ object: 1, settings: { a: 1 } }), refused);
  await assert.rejects(plugin.check({ object: 1, settings: 5 }), PluginError);
});
test("reads a file beside it", async (plugin) => {
  await plugin.check({ file: "data.json" });
});
`),
    "test/more.test.ts": testModule('test("a second file", () => {});\n'),
    "data.json": "{}",
  });
  try {
    const { code, report, stderr } = await jsonTests(folder);
    assert.is(code, 1, stderr);
    assert.match(stderr, "to be seen on stderr");
    const results = report.results.map(shortOf);
    assert.equal(results, [
      ["policy.test.ts", "passes", "passed", undefined, undefined],
      ["policy.test.ts", "fails", "failed", null, "it was denied"],
      ["policy.test.ts", "is a stray", "failed", null, "nobody waits for this"],
      [
        "policy.test.ts",
        "ends in an error of the plugin's",
        "failed",
        "contract.settings-invalid",
        "Cannot use the settings of deny: it takes none",
      ],
      ["policy.test.ts", "expects that", "passed", undefined, undefined],
      ["policy.test.ts", "reads a file beside it", "passed", undefined, undefined],
      ["test/more.test.ts", "a second file", "passed", undefined, undefined],
    ]);
    assert.match(report.results[1].error.stack[0], /policy\.test\.ts:10:\d+/);
    assert.equal(
      report.rules[0].firedIn.map(({ name }: { name: string }) => name),
      ["passes", "fails", "reads a file beside it"],
    );
    // What was written to be loaded is gone.
    assert.equal((await readdir(folder.path)).sort(), [
      "data.json",
      "policy.test.ts",
      "policy.wasm",
      "test",
    ]);
  } finally {
    await folder.remove();
  }
});

/** Test modules that cannot be loaded, and what is said of each. */
const UNLOADABLE: readonly (readonly [string, string, RegExp])[] = [
  ["throws", "throw new Error('at load');", /at load/],
  ["has no syntax", "const = 1;", /policy\.test\.ts/],
  ["imports what is not there", 'import "./none.ts";', /none\.ts/],
  ["registers no test", "", /registers no test.*input\.empty/],
  ["ends the process", "const { exit } = await import('node:process'); exit(0);", /^$/],
];

for (const [what, body, says] of UNLOADABLE) {
  test(`exits 2 where a test module ${what}`, async () => {
    const folder = await makeTestFolder({
      "cases/a.yaml": GOOD,
      "policy.test.ts": testModule(body),
    });
    try {
      const { code, stdout, stderr } = await runTests(folder);
      assert.is(code, 2, stdout + stderr);
      assert.match(stdout + stderr, says);
    } finally {
      await folder.remove();
    }
  });
}

test("a test module gets one PluginError, whichever module of the package it is from", async () => {
  const { href } = pathToFileURL(
    "Deno" in globalThis ? projectPath("src", "mod.ts") : projectPath("build", "src", "mod.js"),
  );
  const folder = await makeTestFolder({
    "policy.test.ts": testModule(`import { PluginError as Same } from ${JSON.stringify(href)};
test("throws it", async (plugin) => {
  await assert.rejects(plugin.check({ object: 1, settings: { a: 1 } }), Same);
  assert.equal(Same, PluginError);
});
`),
  });
  try {
    const { code, report, stderr } = await jsonTests(folder);
    assert.equal([code, report.results.map(shortOf)[0]![2]], [0, "passed"], stderr);
  } finally {
    await folder.remove();
  }
});

test("writes a report to a file", async () => {
  const folder = await makeTestFolder({ "cases/a.yaml": GOOD });
  try {
    const { code, stdout } = await runTests(folder, "--format", "junit", "-o", "report.xml");
    assert.equal([code, stdout], [0, ""]);
    assert.ok((await readdir(folder.path)).includes("report.xml"));
  } finally {
    await folder.remove();
  }
});

/** Runs `cofferdam test --watch` in a folder while `work` goes on; gives what came on stderr. */
async function watching(
  folder: TestFolder,
  work: (seen: (text: string, times: number) => Promise<void>) => Promise<void>,
): Promise<string> {
  const child = spawn(CLI[0], [...CLI[1], "test", "--watch"], {
    cwd: folder.path,
    env: plainEnvironment(),
  });
  let output = "";
  let errors = "";
  const seen = async (text: string, times: number) => {
    while (output.split(text).length <= times) {
      await new Promise((resolve) => child.stdout.once("data", resolve));
    }
  };
  const ended = new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)));
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => errors += chunk);
  try {
    await work(seen);
  } finally {
    child.kill("SIGINT");
    assert.is(await ended, "SIGINT");
    await folder.remove();
  }
  return errors;
}

test("--watch runs again after each change, until it is interrupted", async () => {
  const folder = await makeTestFolder({ "cases/a.yaml": GOOD });
  await watching(folder, async (seen) => {
    await seen("1 passed, 0 failed", 1);
    await folder.write({ "cases/a.yaml": GOOD + BAD });
    await seen("1 passed, 1 failed", 1);
    await folder.write({ "cases/b.yaml": GOOD });
    await seen("2 passed, 1 failed", 1);
  });
});

test("--watch builds what changed, which is no change by itself", async () => {
  const policy = (allowed: boolean) =>
    `import { admission } from "cofferdam/guest";
    export default admission(() => ({ allowed: ${allowed}, reasons: [] }));`;
  const folder = await makeFolder();
  await folder.write({
    "policy.ts": policy(true),
    "plugin.json": JSON.stringify(MANIFEST),
    "cases/a.yaml": "- { name: one, object: 1, expect: { allowed: true } }\n",
  });
  const errors = await watching(folder, async (seen) => {
    await seen("1 passed, 0 failed", 1);
    await folder.write({ "policy.ts": policy(false) });
    await seen("0 passed, 1 failed", 1);
    await folder.write({
      "cases/a.yaml": "- { name: one, object: 1, expect: { allowed: false } }\n",
    });
    await seen("1 passed, 0 failed", 2);
  });
  assert.is(errors.split("running again").length - 1, 2, errors);
});

if ("Deno" in globalThis) {
  test("--watch ends where it may not start a process", async () => {
    const folder = await makeTestFolder({ "cases/a.yaml": GOOD });
    const main = CLI[1].at(-1)!;
    const allowed = ["--quiet", "--allow-read", "--allow-env", "--allow-sys=cpus"];
    const child = spawn(CLI[0], ["run", ...allowed, main, "test", "--watch"], {
      cwd: folder.path,
      env: plainEnvironment(),
    });
    let errors = "";
    child.stderr.on("data", (chunk) => errors += chunk);
    const code = await new Promise((resolve) => child.on("close", resolve));
    await folder.remove();
    assert.is(code, 2);
    assert.match(errors, "--allow-run");
  });
}

test.run();
