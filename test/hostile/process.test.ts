/** Programs that mean harm, or that are swapped, behind `exec` and `directory`, through the whole host. */
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { ExecCommand } from "../../src/capability/exec-grant.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import { sha256Sync } from "../../src/platform/hash.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { asking, askThrough, bundleOf } from "../support/guest.ts";
import { checkEnds, readLineOf, writeScript } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";
import { outcomeOf } from "./outcome.ts";

interface Context {
  host: Host;
  folder: TestFolder;
}

const test = suite<Context>("hostile programs and folders");

test.before(async (context) => {
  context.host = await createHost({ workers: 2 });
  context.folder = await makeFolder();
});

test.after(async ({ host, folder }) => {
  await host.close();
  await folder.remove();
});

const EXEC = bundleOf(asking("exec_run"), { capabilities: ["exec"] });
const RUN = [0, '{"command":"c"}'] as const;

const load = (host: Host, command: ExecCommand, timeoutMs = 5_000) =>
  host.load(EXEC, { grants: { exec: { commands: { c: command } } }, timeoutMs });

const script = async (folder: TestFolder, name: string, body: string): Promise<ExecCommand> => ({
  program: await writeScript(folder, name, body),
  unpinned: true,
  arguments: [],
  cwd: "/",
});

const parse = (answer: Uint8Array) => JSON.parse(new TextDecoder().decode(answer));

test("children that outlive their parent end with its run", async ({ host, folder }) => {
  const note = join(folder.path, "outlive.pid");
  const command = await script(
    folder,
    "outlive",
    `sleep 300 > /dev/null 2>&1 < /dev/null & echo $! > ${note}; exit 0`,
  );
  const [answer] = await askThrough(await load(host, command), RUN);
  assert.is(parse(answer!).ok.code, 0);
  await checkEnds(Number(await readLineOf(note)));
});

test("children end where their call does, at its deadline and at close()", async ({ folder }) => {
  const host = await createHost({ workers: 2 });
  const note = (name: string) => join(folder.path, `${name}.pid`);
  const body = (name: string) => `sleep 300 & echo $! > ${note(name)}; wait`;
  const late = await load(host, await script(folder, "late", body("late")), 1_500);
  assert.is(await outcomeOf(() => askThrough(late, RUN)), "sandbox.timeout");
  await checkEnds(Number(await readLineOf(note("late"))));
  const closed = await load(host, await script(folder, "closed", body("closed")), 60_000);
  const running = outcomeOf(() => askThrough(closed, RUN));
  const pid = Number(await readLineOf(note("closed")));
  await host.close();
  assert.is(await running, "sandbox.closed");
  await checkEnds(pid);
});

test("a program that writes without end is ended, and its output cut", async ({ host, folder }) => {
  const command = { ...await script(folder, "flood", "yes"), maxOutputBytes: 10_000 };
  const [answer] = await askThrough(await load(host, command), RUN);
  const { ok } = parse(answer!);
  assert.equal([ok.truncated, ok.stdout.length], [true, 10_000]);
});

test("a pinned program that is swapped for a link behind the check is not what runs", async ({ host, folder }) => {
  const at = (name: string) => join(folder.path, name);
  await copyFile("/bin/echo", at("pinned"));
  await writeScript(folder, "evil", "echo evil");
  const digest = sha256Sync(await readFile(at("pinned")));
  const plugin = await load(host, {
    program: at("pinned"),
    digest,
    arguments: ["good"],
    cwd: "/",
  });
  for (let turn = 0; turn < 10; turn++) {
    const run = askThrough(plugin, RUN);
    await symlink(at("evil"), at("swap"));
    await rename(at("swap"), at("pinned"));
    const { ok } = parse((await run)[0]!);
    assert.is(ok.stdout, "good\n");
  }
});

test("a folder that is swapped for a link, again and again, leads no removal out", async ({ host, folder }) => {
  const at = (name: string) => join(folder.path, name);
  await mkdir(at("root"), { mode: 0o755 });
  await mkdir(at("outside"));
  await writeFile(at("outside/kept"), "kept");
  const bundle = bundleOf(asking("directory_create", "directory_remove"), {
    capabilities: ["directory"],
  });
  const plugin = await host.load(bundle, { grants: { directory: { root: at("root") } } });
  let swapping = true;
  const swapper = (async () => {
    while (swapping) {
      await rm(at("root/x"), { recursive: true, force: true });
      await symlink(at("outside"), at("root/x")).catch(() => {});
      await rm(at("root/x"), { force: true }).catch(() => {});
      await mkdir(at("root/x/y/z"), { recursive: true }).catch(() => {});
    }
  })();
  const codes = new Set<string>();
  for (let turn = 0; turn < 60; turn++) {
    const answers = await askThrough(plugin, [0, '{"name":"x"}'], [1, '{"name":"x"}']);
    for (const answer of answers) codes.add(parse(answer).error?.code ?? "ok");
  }
  swapping = false;
  await swapper;
  assert.equal(await readdir(at("outside")), ["kept"]);
  assert.is(await readFile(at("outside/kept"), "utf8"), "kept");
  codes.delete("ok");
  for (const code of codes) {
    assert.ok(/^capability\.(denied|not-found|conflict|failed)$/.test(code), code);
  }
});

test.run();
