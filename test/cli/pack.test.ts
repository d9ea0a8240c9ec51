import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { runCli } from "../support/cli.ts";
import { suite } from "../support/suite.ts";
import { type CheckContext, makeCheckFolder } from "./check-folder.ts";

const test = suite<CheckContext>("pack");

test.before(async (context) => {
  context.folder = await makeCheckFolder();
});

test.after(({ folder }) => folder.remove());

test("pack, inspect and verify agree about a file", async ({ folder }) => {
  const cwd = folder.path;
  const pack = await runCli(
    ["pack", "plain.wasm", "--manifest", "manifest.json", "-o", "out.wasm"],
    { cwd },
  );
  assert.is(pack.code, 0, pack.stderr);
  const digest = pack.stdout.trim();
  const verify = await runCli(["verify", "out.wasm", "--digest", digest], { cwd });
  assert.equal([verify.code, verify.stdout], [0, `out.wasm: test-plugin 1.0.0 ${digest}\n`]);
  const other = await runCli(["verify", "out.wasm", "--digest", `sha256:${"1".repeat(64)}`], {
    cwd,
  });
  assert.is(other.code, 2);
  assert.match(other.stderr, /bundle\.digest-mismatch/);
  const inspect = await runCli(["inspect", "out.wasm", "--json"], { cwd });
  const description = JSON.parse(inspect.stdout);
  assert.equal([description.digest, description.mismatches], [digest, []]);
  const text = await runCli(["inspect", "out.wasm"], { cwd });
  assert.match(text.stdout, digest);
  assert.match(text.stdout, "admission 1: json");
});

test("pack writes nothing when the manifest is wrong", async ({ folder }) => {
  await folder.write({ "wrong.json": '{"manifestVersion": 1}' });
  const { code, stderr } = await runCli(
    ["pack", "plain.wasm", "--manifest", "wrong.json", "-o", "wrong.wasm"],
    { cwd: folder.path },
  );
  assert.is(code, 2);
  assert.match(stderr, /bundle\.manifest-invalid/);
  assert.is(await readFile(join(folder.path, "wrong.wasm")).catch(() => "none"), "none");
});

test("pack says where it cannot write", async ({ folder }) => {
  const { code, stderr } = await runCli(
    ["pack", "plain.wasm", "--manifest", "manifest.json", "-o", "gone/out.wasm"],
    { cwd: folder.path },
  );
  assert.is(code, 2);
  assert.match(stderr, /Cannot write "gone\/out\.wasm": there is no folder "gone" \[output\.unw/);
});

test.run();
