/** What the builder writes, in other hosts and on other runtimes than the one that wrote it. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import createPlugin from "@extism/extism";
import canonicalize from "canonicalize";
import * as assert from "uvu/assert";
import { COMMAND, denoPath } from "../../scripts/project.ts";
import { runCommand } from "../../scripts/run-command.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { MANIFEST } from "../support/guest.ts";
import { leaveOut } from "../support/optional.ts";
import { projectPath } from "../support/paths.ts";
import { codeOf, loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { buildSource, judging } from "../support/typescript-plugin.ts";

interface Context {
  sandbox: Sandbox;
  folder: TestFolder;
}

const test = suite<Context>("snapshot");

test.before(async (context) => {
  context.sandbox = new Sandbox(1);
  context.folder = await makeFolder();
});

test.after(async ({ sandbox, folder }) => {
  await sandbox.close();
  await folder.remove();
});

/** A little of everything, so that much of the engine takes part. */
const SOURCE = judging(
  `
  console.log("judging", request.subject.name);
  const words = String(request.object.text ?? "").match(/\\p{L}+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const most = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 3);
  if (words.length === 13) throw new Error("thirteen");
  return {
    allowed: words.length < 100,
    reasons: [],
    annotations: { most, table: TABLE.get("b"), at: new Date().toISOString(), pi: Math.PI / 3 },
  };`,
  'const TABLE = new Map(Object.entries({ a: [1], b: { "ü": [1.5, -0, 1e300] } }));',
);

const NOW = "2026-01-31T12:00:00Z";

function requestOf(text: string): string {
  return canonicalize({
    contract: "admission",
    version: 1,
    kind: "json",
    subject: { name: "thing" },
    object: { text },
    evidence: [],
    settings: {},
    now: NOW,
  })!;
}

const TEXTS = [
  "",
  "eins zwei zwei drei",
  "ä ".repeat(150),
  "x".repeat(200_001),
  "\u{1f40b} \u0000 ￿",
];

test("a plugin answers the same in plain Extism as in the sandbox", async ({ sandbox }) => {
  const { bytes } = await buildSource(SOURCE);
  const module = await loadGuest(sandbox, bytes);
  const plugin = await createPlugin(await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>), {
    useWasi: false,
  });
  try {
    // Twice, since this host uses one instance for all calls.
    for (const text of [...TEXTS, ...TEXTS]) {
      const input = requestOf(text);
      const { output } = await module.call("admission_check", new TextEncoder().encode(input), {
        now: NOW,
      });
      const other = await plugin.call("admission_check", input);
      assert.is(other!.text(), new TextDecoder().decode(output));
    }
  } finally {
    await plugin.close();
  }
});

test("a plugin's error is one in plain Extism too", async ({ sandbox }) => {
  const { bytes } = await buildSource(SOURCE);
  const input = requestOf("w ".repeat(13));
  const plugin = await createPlugin(await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>), {
    useWasi: false,
  });
  const message = await plugin.call("admission_check", input).then(
    () => "none",
    (error) => String(error.message),
  );
  await plugin.close();
  assert.match(message, /Error: thirteen\n {4}at .*plugin\.js:\d+:\d+/);
  const module = await loadGuest(sandbox, bytes);
  const call = module.call("admission_check", new TextEncoder().encode(input), { now: NOW });
  assert.is(await codeOf(call), "sandbox.guest-error");
});

if (existsSync(COMMAND)) {
  test("the command gives the same bytes on Node and on Deno", async ({ folder }) => {
    const files = {
      "policy.ts": SOURCE,
      "plugin.json": JSON.stringify({ ...MANIFEST, capabilities: ["state", "log"] }),
    };
    await folder.write(files);
    const node = "Deno" in globalThis ? "node" : process.execPath;
    const runs: [string, string, string[]][] = [
      ["node.wasm", node, [COMMAND]],
      ["deno.wasm", denoPath(), ["run", "-A", "--quiet", projectPath("src", "cli", "main.ts")]],
    ];
    for (const [output, command, args] of runs) {
      const all = [...args, "build", "policy.ts", "-o", output];
      // uvu forces colours, which the compiler would use.
      const result = await runCommand(command, all, {
        cwd: folder.path,
        env: { FORCE_COLOR: "0" },
      });
      assert.is(result.code, 0, `${output}: ${result.output}`);
    }
    const [one, other] = await Promise.all(
      runs.map(([output]) => readFile(join(folder.path, output))),
    );
    assert.ok(one!.equals(other!));
  });
} else {
  leaveOut("snapshot", "the command for Node is not built");
}

test.run();
