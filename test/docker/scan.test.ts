import { execFileSync } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { findPlugin } from "../../src/docker/discovery.ts";
import { scanPlugins } from "../../src/docker/scan.ts";
import { errorOf, startRaw } from "../support/docker-plugin.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("scanPlugins");

test("an empty folder has none, and neither has one that is not there; a spec is one (moby 16)", async () => {
  const folder = await makeFolder();
  const folders = { sockets: [folder.path], specs: [folder.path, join(folder.path, "nowhere")] };
  assert.equal(await scanPlugins(folders, true), []);
  await folder.write({ "echo.spec": "unix://var/lib/docker/plugins/echo.sock" });
  assert.equal(await scanPlugins(folders, true), ["echo"]);
  assert.is((await findPlugin("echo", folders, false)).name, "echo");
  await folder.remove();
});

test("D/foo.sock and D/foo.spec are none, D/D.spec is one (moby 17)", async () => {
  const folder = await makeFolder();
  const folders = { sockets: [folder.path], specs: [folder.path] };
  await mkdir(join(folder.path, "not-a-plugin"));
  await using _plugin = await startRaw(join(folder.path, "not-a-plugin", "foo.sock"), () => {});
  await folder.write({ "not-a-plugin/foo.spec": "" });
  assert.equal(await scanPlugins(folders, false), []);
  await folder.write({ "not-a-plugin/not-a-plugin.spec": "" });
  assert.equal(await scanPlugins(folders, false), ["not-a-plugin"]);
  await folder.remove();
});

test("lists what Docker lists, each once, and bundles behind it", async () => {
  const folder = await makeFolder();
  const at = (...steps: string[]) => join(folder.path, ...steps);
  const folders = { sockets: [at("run")], specs: [at("etc"), at("lib")] };
  await folder.write({
    "run/regular.sock": "",
    "run/c.wasm": "",
    "etc/a.spec": "",
    "etc/a.json": "",
    "etc/b.txt": "",
    "etc/both.dots.json": "",
    "etc/.spec": "",
    "etc/...spec": "",
    "etc/first/first.conf": "",
    "etc/first/first.spec": "",
    "etc/second/second.json": "",
    "etc/folder.spec/x": "",
    "etc/z.wasm": "",
    "etc/w/w.wasm": "",
    "etc/v/other.wasm": "",
    "etc/u.wasm/x": "",
    "lib/a.spec": "",
    "lib/c.spec": "",
    "run/d/x": "",
    "run/e/x": "",
  });
  const sockets = ["a.sock", "bare", "two.dots.sock", "d/d.sock", "e/other.sock"];
  const servers = await Promise.all(sockets.map((name) => startRaw(at("run", name), () => {})));
  await symlink(at("run", "bare"), at("run", "linked.sock"));
  execFileSync("mkfifo", [at("run", "pipe.sock")]);
  const found = ["a", "bare", "d", "two.dots", "both.dots", "folder", "second", "c"];
  assert.equal(await scanPlugins(folders, false), found);
  assert.equal(await scanPlugins(folders, true), [...found, "w", "z"]);
  await Promise.all(servers.map((server) => server.close()));
  await folder.remove();
});

test("a folder that is there and cannot be listed is an error", async () => {
  const folder = await makeFolder();
  await symlink(join(folder.path, "circle"), join(folder.path, "circle"));
  const folders = { sockets: [], specs: [join(folder.path, "circle")] };
  assert.is((await errorOf(scanPlugins(folders, false))).code, "input.unreadable");
  await folder.remove();
});

test.run();
