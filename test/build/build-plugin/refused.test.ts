import * as assert from "uvu/assert";
import type { ErrorCode } from "../../../src/plugin-error.ts";
import { rejection } from "../../support/process-fixture.ts";
import { suite } from "../../support/suite.ts";
import { buildSource, type SourceOptions } from "../../support/typescript-plugin.ts";
import { IMPORT, PLAIN } from "../plain-policy.ts";

const test = suite("buildPlugin/refused");

interface Bad {
  readonly what: string;
  readonly source: string;
  readonly code: ErrorCode;
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
  ...["cofferdam:guest/engine.ts", "cofferdam:../package.json", "cofferdam:entry"].map((
    path,
  ): Bad => ({
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
    const { message } = await rejection(buildSource(source, options), code);
    for (const words of says) assert.match(message, words);
  });
}

test.run();
