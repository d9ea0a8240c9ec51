import { symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { buildPlugin } from "../../src/build/build-plugin.ts";
import { openBundle } from "../../src/bundle/bundle.ts";
import { describeBundle } from "../../src/bundle/description.ts";
import { LICENSES_SECTION, SOURCE_MAP_SECTION } from "../../src/bundle/source-map.ts";
import { capabilityOf, FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import { createHost } from "../../src/host/host.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { isOffered, isRefused } from "../../src/sandbox/import.ts";
import { checkFeatures } from "../support/allowed-features.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder } from "../support/folder.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { buildSource, judging, type SourceOptions } from "../support/typescript-plugin.ts";
import { IMPORT, PLAIN } from "./plain-policy.ts";

const test = suite("buildPlugin");

test("buildPlugin() makes a plugin that the host takes, of typed TypeScript", async () => {
  const { bytes, manifest, digest } = await buildSource(
    `${IMPORT}import { word, type Word } from "./word.ts";
    interface Settings { readonly forbidden: readonly string[] }
    export default admission<Settings>((request) => {
      const found: Word | undefined = word(request.object);
      const denied = found !== undefined && request.settings.forbidden.includes(found);
      console.log("judged", request.subject.name);
      const reason = { rule: "word", message: \`"\${found}" ü\`, severity: "error", path: "/word" } as const;
      return denied ? { allowed: false, reasons: [reason] } : { allowed: true, reasons: [] };
    });`,
    {
      checkTypes: true,
      manifest: { settings: { type: "object" } },
      files: {
        "word.ts": `import type { JsonValue } from "cofferdam/guest";
          export type Word = string;
          export function word(value: JsonValue): Word | undefined {
            return (value as { word?: string }).word;
          }`,
      },
    },
  );
  assert.is(manifest.name, "test-plugin");
  const lines: string[] = [];
  const host = await createHost({ onLog: ({ message }) => lines.push(message) });
  const plugin = await host.load(bytes, { settings: { forbidden: ["bad"] }, digest });
  const verdict = await plugin.admission.check(jsonDocument({ word: "bad" }));
  assert.equal(verdict.reasons, [
    { rule: "word", message: '"bad" ü', severity: "error", path: "/word" },
  ]);
  assert.is((await plugin.admission.check(jsonDocument({ word: "good" }))).allowed, true);
  await host.close();
  assert.equal(lines, ["judged thing", "judged thing"]);
});

test("buildPlugin() imports Extism's functions and those of the capabilities that are asked for", async () => {
  for (const capabilities of [[], ["state"], ["log", "exec"], Object.keys(FUNCTION_NAMES)]) {
    const { bytes } = await buildSource(PLAIN, { manifest: { capabilities } });
    checkFeatures(bytes);
    const bundle = await openBundle(bytes);
    const users = bundle.outline.imports.filter((i) => i.module === "extism:host/user");
    assert.equal(
      users.map((i) => i.name),
      capabilities.flatMap((name) => FUNCTION_NAMES[name as keyof typeof FUNCTION_NAMES]),
    );
    const others = bundle.outline.imports.filter((i) => i.module !== "extism:host/user");
    assert.ok(others.every((item) => isOffered(item) && !isRefused(item)));
    assert.equal(
      bundle.outline.exports.map((e) => e.name),
      ["memory", "cofferdam_input", "cofferdam_output", "admission_check"],
    );
    assert.equal(describeBundle(bundle, { capabilityOf, isOffered, isRefused }).mismatches, []);
  }
});

test("buildPlugin() gives the same bytes wherever the folder lies", async () => {
  const options: SourceOptions = {
    files: {
      "lib/greeting.ts": "export const greeting = (name: string) => `hello, ${name}`;",
      "node_modules/words/package.json": '{"name":"words","version":"1.2.3","main":"index.js"}',
      "node_modules/words/index.js": "module.exports = { words: ['a', 'b'] };",
      "node_modules/words/LICENSE": "Permission is granted to use words.",
    },
  };
  const source = judging(
    "return { allowed: words.length === 2, reasons: [], annotations: { text: greeting('x') } };",
    'import { greeting } from "./lib/greeting.ts";\nimport { words } from "words";',
  );
  const one = await buildSource(source, options);
  const other = await buildSource(source, { ...options, below: "some/other/folder" });
  assert.is(other.digest, one.digest);
  const { outline } = await openBundle(one.bytes);
  const section = outline.sections.find(({ name }) => name === LICENSES_SECTION)!;
  const licenses = new TextDecoder().decode(one.bytes.subarray(section.contentStart, section.end));
  for (const text of ["words 1.2.3", "Permission is granted to use words.", "Fabrice Bellard"]) {
    assert.match(licenses, text);
  }
  for (const text of ["Vercel, Inc.", "UNICODE LICENSE V3", "LLVM Exceptions", "Apache License"]) {
    assert.match(licenses, text);
  }
  const host = await createHost();
  const plugin = await host.load(one.bytes);
  const verdict = await plugin.admission.check(jsonDocument({}));
  assert.equal(verdict.annotations, { text: "hello, x" });
  await host.close();
});

test("buildPlugin() gives the same bytes through a link, with the licences of linked packages", async () => {
  const folder = await makeFolder();
  try {
    await folder.write({
      "real/plugin.json": JSON.stringify(MANIFEST),
      "real/policy.ts": judging(
        "return { allowed: yes, reasons: [] };",
        'import { yes } from "w";',
      ),
      "w/package.json": '{"name":"w","version":"3.2.1","license":"MIT","main":"index.js"}',
      "w/index.js": "exports.yes = true;",
      "real/node_modules/x": "",
    });
    await symlink(join(folder.path, "w"), join(folder.path, "real/node_modules/w"));
    await symlink(join(folder.path, "real"), join(folder.path, "linked"));
    const build = (name: string) =>
      buildPlugin(join(folder.path, name, "policy.ts"), { checkTypes: false });
    const real = await build("real");
    assert.is((await build("linked")).digest, real.digest);
    const { outline } = await openBundle(real.bytes);
    const textOf = (wanted: string) => {
      const section = outline.sections.find(({ name }) => name === wanted)!;
      return new TextDecoder().decode(real.bytes.subarray(section.contentStart, section.end));
    };
    assert.match(textOf(LICENSES_SECTION), "w 3.2.1: MIT");
    assert.match(textOf(SOURCE_MAP_SECTION), '"w/index.js"');
    assert.not.match(textOf(SOURCE_MAP_SECTION), "../");
  } finally {
    await folder.remove();
  }
});

test("buildPlugin() makes a strict program, whatever the author's tsconfig.json says", async () => {
  const source = judging(
    `
    let text = "none";
    try { (Object.freeze({ a: 1 }) as any).a = 2; } catch (error) { text = (error as Error).name; }
    return { allowed: self() === undefined, reasons: [], annotations: { text } };
  `,
    "function self(this: unknown): unknown { return this; }",
  );
  for (const files of [{}, { "tsconfig.json": '{"compilerOptions":{"alwaysStrict":false}}' }]) {
    const { bytes } = await buildSource(source, { files: files as Record<string, string> });
    const host = await createHost();
    const verdict = await (await host.load(bytes)).admission.check(jsonDocument({}));
    await host.close();
    assert.equal(verdict.annotations, { text: "TypeError" });
    assert.is(verdict.allowed, true);
  }
});

test("buildPlugin() gives import and require() each their file of a package with both", async () => {
  const source = judging(
    "return { allowed: true, reasons: [], annotations: { text: `${kind} ${needed}` } };",
    'import { kind } from "both";\nimport { needed } from "old";',
  );
  const { bytes } = await buildSource(source, {
    files: {
      "node_modules/both/package.json": JSON.stringify({
        name: "both",
        exports: { import: "./index.mjs", require: "./index.cjs" },
      }),
      "node_modules/both/index.mjs": 'export const kind = "module"; export default {};',
      "node_modules/both/index.cjs": 'module.exports = () => "script";',
      "node_modules/old/package.json": '{"name":"old","main":"index.js"}',
      "node_modules/old/index.js": 'exports.needed = require("both")();',
    },
  });
  const host = await createHost();
  const verdict = await (await host.load(bytes)).admission.check(jsonDocument({}));
  await host.close();
  assert.equal(verdict.annotations, { text: "module script" });
});

test("buildPlugin() keeps to the author's tsconfig.json", async () => {
  const source = `${IMPORT}const list = ["a"];
    export default admission(() => ({ allowed: list[0].length === 1, reasons: [] }));`;
  const options = {
    target: "es2023",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    types: [],
  };
  const config = (change: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    JSON.stringify({ compilerOptions: { ...options, ...change }, ...more });
  const files = {
    "node_modules/cofferdam/package.json":
      '{"name":"cofferdam","exports":{"./guest":"./guest.d.ts"}}',
    "node_modules/cofferdam/guest.d.ts":
      "export function admission(check: () => unknown): unknown;",
  };
  const build = (tsconfig: string) =>
    buildSource(source, { checkTypes: true, files: { ...files, "tsconfig.json": tsconfig } });
  await build(config({}));
  assert.is(
    (await faultOf(build(config({ noUncheckedIndexedAccess: true })))).code,
    "build.type-error",
  );
  const outside = await faultOf(
    build(config({}, { files: ["node_modules/cofferdam/guest.d.ts"] })),
  );
  assert.is(outside.code, "build.type-error");
  assert.match(outside.message, 'does not include "policy.ts"');
});

async function faultOf(built: Promise<unknown>): Promise<PluginError> {
  try {
    await built;
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error("it was built");
}

test.run();
