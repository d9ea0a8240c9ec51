/** What guests say: in reasons, errors and logs, through every format of the command and its own log. */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { FORMAT_NAMES } from "../../src/cli/format/formats.ts";
import type { LogLine } from "../../src/capability/log.ts";
import { createHost } from "../../src/host/host.ts";
import { LIMITS } from "../../src/limits.ts";
import { ACTING, HOSTILE_TEXTS, RUNNER_COMMAND } from "../cli/format/hostile-text.ts";
import { runCli } from "../support/cli.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, asking, askThrough, bundleOf, type Request } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { ALLOW, allowingAfter } from "./hostile-guest.ts";
import { outcomeOf } from "./outcome.ts";

const test = suite("hostile messages");

const DOCUMENT = jsonDocument({ a: 1 });

/** What can be said in UTF-8. */
const TEXTS = Object.values(HOSTILE_TEXTS).filter((text) => !/\p{Cs}/u.test(text));
const SAID = TEXTS.join("\n");

const bytes = new TextEncoder().encode(SAID);

/** Fills `$said`, a block, with all of them. */
const SAY = Array.from(
  bytes,
  (byte, index) =>
    `(call $store (i64.add (global.get $said) (i64.const ${index})) (i32.const ${byte}))`,
).join("\n");

const saying = (name: string, body: string) =>
  allowingAfter(
    `(global.set $said (call $alloc (i64.const ${bytes.length}))) ${SAY} ${body}`,
    `(import "extism:host/env" "${name}" (func $say (param i64)))`,
    "(global $said (mut i64) (i64.const 0))",
  );

const LOGGING = saying("log_error", "(call $say (global.get $said))");
const FAILING = saying("error_set", "(call $say (global.get $said)) (return (i32.const 1))");
const DENYING = answering(JSON.stringify({
  allowed: false,
  reasons: TEXTS.map((text) => ({
    rule: text.slice(0, 200) || "rule",
    message: text,
    severity: "error",
  })),
}));

let folder: TestFolder;
test.before(async () => {
  folder = await makeFolder();
  const named = (text: string, name: string) => bundleOf(text, { name });
  await folder.write({
    "logging.wasm": named(LOGGING, "logging"),
    "failing.wasm": named(FAILING, "failing"),
    "denying.wasm": named(DENYING, "denying"),
    "::error::x.json": '{"a":1}',
  });
});
test.after(() => folder.remove());

const check = (...flags: string[]) =>
  runCli([
    "check",
    ...["logging", "failing", "denying"].flatMap((
      name,
    ) => ["--plugin", join(folder.path, `${name}.wasm`)]),
    ...flags,
    "::error::x.json",
  ], { cwd: folder.path });

for (const format of FORMAT_NAMES) {
  const logFormat = format === "text" ? "text" : "json";
  test(`check --format ${format} --log-format ${logFormat} shows them and obeys none`, async () => {
    const { code, stdout, stderr } = await check("--format", format, "--log-format", logFormat);
    assert.is(code, 2, stderr);
    assert.ok(stdout.length > 1_000, stdout);
    assert.ok(stderr.includes("error::x") || stderr.includes("[2J"), stderr);
    for (const text of [stdout, stderr]) {
      assert.not.match(text, ACTING);
      // Its own commands are the point of that format.
      const others = format === "github" && text === stdout ? text.replace(/^::/gm, "") : text;
      assert.not.match(others, RUNNER_COMMAND);
    }
  });
}

test("a program hears each log line as one line that does nothing", async () => {
  const lines: LogLine[] = [];
  const host = await createHost({ onLog: (line) => void lines.push(line) });
  const plugin = await host.load(bundleOf(LOGGING));
  await plugin.admission.check(DOCUMENT);
  assert.is(lines.length, 1);
  assert.not.match(lines[0]!.message, ACTING);
  assert.not.match(lines[0]!.message, /\n/);
  await host.close();
});

test("a flood of lines is cut at the call's bound, in each way to log, and says so", async () => {
  const lines: LogLine[] = [];
  const host = await createHost({ workers: 2, onLog: (line) => void lines.push(line) });
  const flood = async (text: string, mode: "inline" | "worker") => {
    lines.length = 0;
    const plugin = await host.load(bundleOf(text), { fuel: 20_000_000, timeoutMs: 20_000, mode });
    await outcomeOf(() => plugin.admission.check(DOCUMENT));
    return [lines.length, lines.at(-1)!.message] as const;
  };
  const byExtism = saying("log_info", "(loop $l (call $say (global.get $said)) (br $l))");
  const byWasi = allowingAfter(
    `(i32.store (i32.const 1024) (i32.const 2048)) (i32.store (i32.const 1028) (i32.const 2))
     (i32.store8 (i32.const 2049) (i32.const 10))
     (loop $l (drop (call $write (i32.const 2) (i32.const 1024) (i32.const 1) (i32.const 1032))) (br $l))`,
    `(import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))`,
  );
  for (const mode of ["inline", "worker"] as const) {
    for (const text of [byExtism, byWasi]) {
      const [count, last] = await flood(text, mode);
      assert.ok(count > 10 && count <= LIMITS.logLines + 1, String(count));
      assert.match(last, /dropped/);
    }
  }
  await host.close();
});

test("a flood of requests to log ends at the same bound, whether they can be read or not", async () => {
  const lines: LogLine[] = [];
  const host = await createHost({ onLog: (line) => void lines.push(line) });
  const plugin = await host.load(bundleOf(asking("log"), { capabilities: ["log"] }));
  const line: Request = [0, '{"level":"info","message":"m"}'];
  const noLine: Request = [0, "{"];
  await askThrough(plugin, ...new Array<Request>(3_000).fill(line));
  assert.is(lines.length, LIMITS.logLines + 1);
  lines.length = 0;
  const answers = await askThrough(plugin, ...new Array<Request>(1_500).fill(noLine), line);
  assert.match(new TextDecoder().decode(answers[0]), "capability.invalid");
  assert.equal(lines.map(({ message }) => /dropped/.test(message)), [true]);
  await host.close();
});

test("a listener that throws disturbs neither the guest nor the host", async () => {
  const host = await createHost({
    onLog: () => {
      throw new Error("a fault of the listener");
    },
  });
  for (const mode of ["inline", "worker"] as const) {
    const plugin = await host.load(bundleOf(LOGGING), { mode });
    assert.is((await plugin.admission.check(DOCUMENT)).allowed, true);
  }
  await host.close();
});

const OUTPUTS: readonly [what: string, output: string, code: string][] = [
  [
    "half a surrogate pair in a message",
    ALLOW.replace("[]", '[{"rule":"r","message":"\\ud800","severity":"info"}]'),
    "contract.output-invalid",
  ],
  ["a byte order mark", `\ufeff${ALLOW}`, "contract.output-invalid"],
  ["two verdicts", ALLOW + ALLOW, "contract.output-invalid"],
  ["a key twice", '{"allowed":false,"allowed":true,"reasons":[]}', "contract.output-invalid"],
  ["a field that nobody knows", '{"allowed":true,"reasons":[],"x":1}', "contract.output-invalid"],
  [
    "a field that prototypes have",
    '{"allowed":true,"reasons":[],"toString":1}',
    "contract.output-invalid",
  ],
  [
    "an allow in the prototype of a reason",
    '{"allowed":true,"reasons":[{"__proto__":{"rule":"r","message":"m","severity":"info"}}]}',
    "contract.output-invalid",
  ],
  ["a truthy allow", '{"allowed":1,"reasons":[]}', "contract.output-invalid"],
  [
    "20,000 reasons",
    `{"allowed":true,"reasons":[${new Array(20_000).fill("0").join()}]}`,
    "contract.output-invalid",
  ],
  [
    "annotations that prototypes have",
    '{"allowed":true,"annotations":{"__proto__":{"x":1},"toString":1},"reasons":[]}',
    "allowed",
  ],
  [
    "a number that no double holds",
    '{"allowed":true,"annotations":{"n":1e999},"reasons":[]}',
    "contract.output-invalid",
  ],
];

for (const [what, output, code] of OUTPUTS) {
  test(`a guest that answers ${what} gets ${code}`, async () => {
    const host = await createHost();
    const plugin = await host.load(bundleOf(answering(output)));
    assert.is(await outcomeOf(() => plugin.admission.check(DOCUMENT)), code);
    assert.is(({} as { x?: number }).x, undefined);
    await host.close();
  });
}

test.run();
