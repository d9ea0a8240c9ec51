import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as assert from "uvu/assert";
import { parseManifest } from "../../src/bundle/manifest.ts";
import { runCli } from "../support/cli.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

interface Context {
  folder: TestFolder;
}

const test = suite<Context>("init");

test.before(async (context) => {
  context.folder = await makeFolder();
});
test.after(({ folder }) => folder.remove());

const CASES = { admission: "owner.yaml", volume: "volume.yaml", network: "join.yaml" };
const SOURCES = {
  typescript: ["policy.ts"],
  assemblyscript: ["assembly/index.ts", "assembly/tsconfig.json"],
};

for (const contract of ["admission", "volume", "network"] as const) {
  for (const language of ["typescript", "assemblyscript"] as const) {
    test(`init makes a folder for ${contract} in ${language}`, async ({ folder }) => {
      const name = `${contract}-${language}`;
      const args = ["init", name, "--contract", contract, "--language", language];
      const { code, stdout, stderr } = await runCli(args, { cwd: folder.path });
      assert.is(code, 0, stderr);
      const paths = [
        ...[".gitignore", "README.md", `cases/${CASES[contract]}`, "deno.json", "package.json"],
        ...["plugin.json", "policy.test.ts", "tsconfig.json", ...SOURCES[language]],
      ].sort();
      const next = `\nNext:\n  cd ${name}\n  npm install && npm test\n`;
      assert.is(stdout, paths.map((path) => `wrote ${name}/${path}\n`).join("") + next);

      const read = (path: string) => readFile(join(folder.path, name, path), "utf8");
      const texts = await Promise.all(paths.map(read));
      assert.not.ok(texts.some((text) => text.includes("my-plugin")));
      const manifest = parseManifest(JSON.parse(await read("plugin.json")));
      assert.equal([manifest.name, manifest.implements[0]!.contract], [name, contract]);
      assert.match(await read("README.md"), `\`${SOURCES[language][0]}\``);
      const { name: packageName, scripts, devDependencies } = JSON.parse(
        await read("package.json"),
      );
      assert.is(packageName, name);
      assert.equal(Object.keys(scripts), ["build", "test"]);
      const dependency = devDependencies.cofferdam as string;
      assert.is(resolve(folder.path, name, dependency.replace(/^file:/, "")), projectPath());
      for (const [other, version] of Object.entries<string>(devDependencies)) {
        if (other !== "cofferdam") assert.match(version, /^\^\d/);
      }
    });
  }
}

test("init makes an admission plugin in TypeScript where nobody says else", async ({ folder }) => {
  assert.is((await runCli(["init", "plain"], { cwd: folder.path })).code, 0);
  const files = await readdir(join(folder.path, "plain"));
  assert.ok(files.includes("policy.ts"));
  const text = await readFile(join(folder.path, "plain", "plugin.json"), "utf8");
  assert.is(JSON.parse(text).implements[0].contract, "admission");
});

const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [[], /wanted one NAME/],
  [["a", "b"], /wanted one NAME/],
  [["../a"], /cannot be called "\.\.\/a"/],
  [["a/b"], /cannot be called "a\/b"/],
  [["/tmp/a"], /cannot be called "\/tmp\/a"/],
  [["."], /cannot be called "\."/],
  [["My_Policy"], /lower-case letters/],
  [["a".repeat(65)], /at most 64/],
  [["cofferdam"], /it needs that package/],
  [["refused", "--contract", "volumes"], /not one of .*; did you mean "volume"\?/],
  [["refused", "--contract", "hooks"], /no template for the contract "hooks", only for admission/],
  [["refused", "--contract", "ocm"], /no template for the contract "ocm"/],
  [["refused", "--contract", "quux"], /not one of admission, volume, network \[/],
  [["refused", "--language", "typscript"], /did you mean "typescript"\?/],
  [["refused", "--contract"], /"--contract" wants a value/],
];

for (const [args, message] of REFUSED) {
  test(`init refuses ${JSON.stringify(args).slice(0, 60)}`, async ({ folder }) => {
    const before = await readdir(folder.path);
    const { code, stdout, stderr } = await runCli(["init", ...args], { cwd: folder.path });
    assert.equal([code, stdout], [2, ""]);
    assert.match(stderr, message);
    assert.match(stderr, "[usage.invalid]");
    assert.equal(await readdir(folder.path), before);
  });
}

test("init leaves a folder alone that is not empty", async ({ folder }) => {
  await folder.write({ "mine/notes.txt": "mine" });
  const { code, stderr } = await runCli(["init", "mine"], { cwd: folder.path });
  assert.is(code, 2);
  assert.match(stderr, /Cannot write "mine": it is there already.*\[output\.unwritable\]/);
  assert.equal(await readdir(join(folder.path, "mine")), ["notes.txt"]);
});

test.run();
