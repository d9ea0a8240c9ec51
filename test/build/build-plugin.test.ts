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

const test = suite("buildPlugin");

const IMPORT = 'import { admission } from "cofferdam/guest";\n';
const PLAIN = `${IMPORT}export default admission(() => ({ allowed: true, reasons: [] }));\n`;

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

interface Bad {
  readonly what: string;
  readonly source: string;
  readonly code: string;
  /** What the message must say; `policy.ts:3:9` too. */
  readonly says: readonly (string | RegExp)[];
  readonly options?: SourceOptions;
}

const TYPED: SourceOptions = { checkTypes: true };

const BAD: readonly Bad[] = [
  {
    what: "a syntax error",
    source: `${IMPORT}export default admission(() => {{);`,
    code: "build.syntax-error",
    says: ["policy.ts:2:34: "],
  },
  {
    what: "a syntax error behind letters of several bytes",
    source: `${IMPORT}const words = "ü€😀" ];`,
    code: "build.syntax-error",
    // In UTF-16, as editors count.
    says: ["policy.ts:2:22: "],
  },
  {
    what: "a type error",
    source:
      `${IMPORT}export default admission((request) => ({\n  allowed: request.nope, reasons: [] }));`,
    code: "build.type-error",
    says: ["policy.ts:3:20: ", "'nope'"],
    options: TYPED,
  },
  {
    what: "a type error in another file",
    source: `import { x } from "./lib/x.ts";\nvoid x;\n${PLAIN}`,
    code: "build.type-error",
    says: ["lib/x.ts:2:14: "],
    options: { ...TYPED, files: { "lib/x.ts": "\nexport const x: string = 5;" } },
  },
  {
    what: "a global that only browsers and Node have",
    source: `${PLAIN}void fetch("https://example.com");`,
    code: "build.type-error",
    says: ["policy.ts:3:6: ", "'fetch'", "no network"],
    options: TYPED,
  },
  {
    what: "an import of types of node:fs",
    source: `import type { Stats } from "node:fs";\nexport type S = Stats;\n${PLAIN}`,
    code: "build.type-error",
    says: ["policy.ts:1:28: ", '"node:fs"', "host.state"],
    options: TYPED,
  },
  {
    what: "an import of node:fs",
    source: `import { readFileSync } from "node:fs";\nvoid readFileSync;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["policy.ts:1:30: ", '"node:fs"', "host.state"],
  },
  {
    what: "an import of fs/promises in a package",
    source: `import { x } from "x";\nvoid x;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["node_modules/x/index.js:1:22: ", '"fs/promises"'],
    options: {
      files: {
        "node_modules/x/package.json": '{"name":"x","main":"index.js"}',
        "node_modules/x/index.js": 'exports.x = require( "fs/promises");',
      },
    },
  },
  {
    what: "a package with a native part",
    source: `import x from "x";\nvoid x;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["node_modules/x/index.js:1", ".node", "native"],
    options: {
      files: {
        "node_modules/x/package.json": '{"name":"x","main":"index.js"}',
        "node_modules/x/index.js": 'module.exports = require("./x.node");',
        "node_modules/x/x.node": "ELF",
      },
    },
  },
  {
    what: "an import of the host's side",
    source: `import { createHost } from "cofferdam";\nvoid createHost;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["policy.ts:1:28: ", "cofferdam/guest"],
  },
  ...["cofferdam:guest/engine.ts", "cofferdam:../package.json", "cofferdam:entry"].map((path) => ({
    what: `an import of "${path}"`,
    source: `import * as x from "${path}";\nvoid x;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["policy.ts:1:20: ", `"${path}" is not for plugins`],
  })),
  {
    what: "a package's import of the kit's own parts",
    source: `import "x";\n${PLAIN}`,
    code: "build.import-refused",
    says: ["node_modules/x/index.js:1:8: ", '"cofferdam:guest/engine.ts" is not for plugins'],
    options: {
      files: {
        "node_modules/x/package.json": '{"name":"x","main":"index.js"}',
        "node_modules/x/index.js": 'import "cofferdam:guest/engine.ts";',
      },
    },
  },
  {
    what: "an import of a package that is not installed",
    source: `import x from "not-there";\nvoid x;\n${PLAIN}`,
    code: "build.import-missing",
    says: ["policy.ts:1:15: ", '"not-there"; run: npm install not-there'],
  },
  {
    what: "an import by Deno's names",
    source: `import x from "jsr:@std/path";\nvoid x;\n${PLAIN}`,
    code: "build.import-refused",
    says: ["jsr:@std/path"],
  },
  {
    what: "a top-level await",
    source: `${PLAIN}await Promise.resolve();`,
    code: "build.top-level-await",
    says: ["policy.ts:3:1: ", '"await"'],
  },
  {
    what: "no default export",
    source: `${IMPORT}export const policy = admission;`,
    code: "build.not-a-plugin",
    says: ['"policy.ts" is undefined', "export default admission("],
  },
  {
    what: "a default export that is no plugin",
    source: "export default (request: unknown) => ({ allowed: !request });",
    code: "build.not-a-plugin",
    says: ["is a function"],
  },
  {
    what: "an empty list of plugins",
    source: "export default [];",
    code: "build.not-a-plugin",
    says: ["an empty array"],
  },
  {
    what: "a program that says nothing of itself",
    source: `${PLAIN}Object.defineProperty(globalThis, "$result", {
      get: () => "{}",
      set: () => {},
      configurable: true,
    });`,
    code: "build.not-a-plugin",
    says: ["does not say what it implements"],
  },
  {
    what: "a program that has other words put into its description",
    source: `${PLAIN}Object.assign(Array.prototype, { toJSON: () => 5 });`,
    code: "build.not-a-plugin",
    says: ["does not say what it implements", "change globals"],
  },
  {
    what: "a program whose description is no JSON",
    source:
      `${PLAIN}Object.defineProperty(globalThis, "$result", { set() {}, configurable: true });`,
    code: "build.not-a-plugin",
    says: ["does not say what it implements"],
  },
  {
    what: "a contract that the manifest does not name",
    source: `${IMPORT}const volume = { contract: "volume", exports: { volume_list: () => ({}) } };
      export default [admission(() => ({ allowed: true, reasons: [] })), volume];`,
    code: "build.contract-mismatch",
    says: ['implements "volume"', "does not name"],
  },
  {
    what: "a contract that only the manifest names",
    source: PLAIN,
    code: "build.contract-mismatch",
    says: ['"network"', '"policy.ts" does not'],
    options: {
      manifest: {
        implements: [
          { contract: "admission", version: 1, kinds: ["json"] },
          { contract: "network", version: 1 },
        ],
      },
    },
  },
  {
    what: "the same contract twice",
    source: `${IMPORT}const one = admission(() => ({ allowed: true, reasons: [] }));
      export default [one, one];`,
    code: "build.contract-mismatch",
    says: ['"admission_check" twice'],
  },
  {
    what: "an endless loop at the top level",
    source: `${PLAIN}for (;;);`,
    code: "build.top-level-endless",
    says: ["fuel"],
  },
  {
    what: "an endless recursion at the top level",
    source: `${PLAIN}\nfunction again(): number {\n  return 1 + again();\n}\nagain();`,
    code: "build.top-level-error",
    says: ["policy.ts:5:", "Maximum call stack size exceeded"],
  },
  {
    what: "an allocation without end at the top level",
    source: `${PLAIN}const all: unknown[] = [];\nfor (;;) all.push(new Uint8Array(1_000_000));`,
    code: "build.top-level-error",
    says: ["policy.ts:4:", "out of memory"],
  },
  {
    what: "a call of the host at the top level",
    source: `${PLAIN}\nconsole.log("x");`,
    code: "build.top-level-host-call",
    says: ["policy.ts:4:9: ", "console.log()"],
  },
  {
    what: "a look at the clock at the top level",
    source: `${PLAIN}export const started = Date.now();`,
    code: "build.top-level-host-call",
    says: ["policy.ts:3:29: ", "the time"],
  },
  {
    what: "a date without an argument at the top level",
    source: `${PLAIN}if (new Date() > new Date(0)) throw new Error("late");`,
    code: "build.top-level-host-call",
    says: ["policy.ts:3:", "the time"],
  },
  {
    what: "randomness at the top level",
    source: `${PLAIN}export const seed = Math.random();`,
    code: "build.top-level-error",
    says: ["policy.ts:3:", "Math.random() is refused"],
  },
  {
    what: "an error at the top level",
    source: `${PLAIN}function check(): never {\n  throw new RangeError("no ü");\n}\ncheck();`,
    code: "build.top-level-error",
    says: ["policy.ts:4:13: RangeError: no ü"],
  },
  {
    what: "an error in a package's top level",
    source: `import "x";\n${PLAIN}`,
    code: "build.top-level-error",
    says: ["node_modules/x/index.js:2:", "TypeError"],
    options: {
      files: {
        "node_modules/x/package.json": '{"name":"x","main":"index.js"}',
        "node_modules/x/index.js": "\nnull.x;",
      },
    },
  },
  {
    what: "a promise that the top level leaves rejected",
    source: `${PLAIN}void Promise.reject(new Error("unheard"));`,
    code: "build.top-level-error",
    says: ["policy.ts:3:", "unheard"],
  },
  {
    what: "a call of the host in a job that the top level leaves",
    source: `${PLAIN}void Promise.resolve().then(() => console.log("x"));`,
    code: "build.top-level-host-call",
    says: ["policy.ts:3:"],
  },
  {
    what: "Intl at the top level",
    source: `${PLAIN}export const format = new Intl.NumberFormat("en");`,
    code: "build.missing-global",
    says: ["policy.ts:3:", "Intl", "no Intl"],
  },
  {
    what: "a program that is too large",
    source: `${PLAIN}Object.assign(globalThis, { text: "${"x".repeat(50_000_000)}" });`,
    code: "build.too-large",
    says: ["at most 8388608", '"policy.ts"'],
    // Not for the compiler, which is not asked before.
    options: TYPED,
  },
  {
    what: "less memory than the plugin begins with",
    source: PLAIN,
    code: "bundle.manifest-invalid",
    says: ["limits.memoryPages", /begins with \d+,/],
    options: { manifest: { limits: { memoryPages: 2 } } },
  },
  {
    what: "more memory than there is",
    source: PLAIN,
    code: "bundle.manifest-invalid",
    says: ["limits.memoryPages", "at most 65536"],
    options: { manifest: { limits: { memoryPages: 65_537 } } },
  },
  {
    what: "a manifest that is none",
    source: PLAIN,
    code: "bundle.manifest-invalid",
    says: ["name"],
    options: { manifest: { name: "No Name" } },
  },
];

for (const { what, source, code, says, options } of BAD) {
  test(`buildPlugin() refuses ${what}`, async () => {
    const fault = await faultOf(buildSource(source, options));
    assert.is(fault.code, code, fault.message);
    for (const words of says) assert.match(fault.message, words);
  });
}

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
