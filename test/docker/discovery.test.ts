import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { findPlugin } from "../../src/docker/discovery.ts";
import { errorOf, startRaw } from "../support/docker-plugin.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("findPlugin");

test("finds sockets, flat and in a folder, twice the same (moby 15)", async () => {
  const folder = await makeFolder();
  const folders = { sockets: [folder.path], specs: [folder.path] };
  for (const file of ["echo/echo.sock", "echo.sock"]) {
    const path = join(folder.path, file);
    await mkdir(dirname(path), { recursive: true });
    await using _plugin = await startRaw(path, () => {});
    const found = await findPlugin("echo", folders, false);
    assert.equal(found, { kind: "socket", name: "echo", path, address: `unix://${path}` });
    assert.equal(await findPlugin("echo", folders, false), found);
  }
  await folder.remove();
});

test("the first of many counts: sockets, specs by their folders, then bundles by theirs", async () => {
  const folder = await makeFolder();
  const at = (...steps: string[]) => join(folder.path, ...steps);
  const folders = { sockets: [at("run1"), at("run2")], specs: [at("etc"), at("lib")] };
  // In the order in which they count; what comes first is taken away, one by one.
  const places = [
    ...["run1", "run2"].flatMap((dir) => [`${dir}/p.sock`, `${dir}/p/p.sock`]),
    ...["etc", "lib"].flatMap((dir) =>
      ["spec", "json"].flatMap((kind) => [`${dir}/p.${kind}`, `${dir}/p/p.${kind}`])
    ),
    ...["etc", "lib", "run1", "run2"].flatMap((dir) => [`${dir}/p.wasm`, `${dir}/p/p.wasm`]),
  ];
  const servers: { close(): Promise<void> }[] = [];
  for (const place of places) {
    await mkdir(dirname(at(place)), { recursive: true });
    if (place.endsWith(".sock")) servers.push(await startRaw(at(place), () => {}));
    else if (place.endsWith(".json")) await writeFile(at(place), '{"Addr":"tcp://a:1"}');
    else await writeFile(at(place), "tcp://a:1");
  }
  for (const place of places) {
    assert.is((await findPlugin("p", folders, true)).path, at(place));
    if (place.endsWith(".sock")) await servers.shift()!.close();
    await rm(at(place), { force: true });
  }
  const error = await errorOf(findPlugin("p", folders, true));
  assert.is(error.code, "registry.not-found");
  assert.match(error.message, `"p": there is nothing of that name in ${at("run1")}`);
  await folder.remove();
});

test("bundles are only found where they are wanted, and only files", async () => {
  const folder = await makeFolder();
  const folders = { sockets: [], specs: [folder.path] };
  await folder.write({ "a.wasm": "", "b.wasm/x": "" });
  assert.is((await findPlugin("a", folders, true)).kind, "bundle");
  assert.is((await errorOf(findPlugin("a", folders, false))).code, "registry.not-found");
  assert.is((await errorOf(findPlugin("b", folders, true))).code, "registry.not-found");
  await folder.remove();
});

test("links are followed; what is no socket, and what leads nowhere, is passed over", async () => {
  const folder = await makeFolder();
  const at = (...steps: string[]) => join(folder.path, ...steps);
  const folders = { sockets: [at("run")], specs: [at("etc")] };
  await folder.write({
    "run/regular.sock": "",
    "etc/regular.spec": "tcp://a:1",
    "run/folder.sock/x": "",
    "etc/folder.spec": "tcp://a:1",
    "etc/target": "tcp://b:2",
    "run/x": "",
  });
  await using _plugin = await startRaw(at("real"), () => {});
  await symlink(at("real"), at("run", "linked.sock"));
  await symlink(at("target"), at("etc", "linked2.spec"));
  await symlink(at("etc", "target"), at("etc", "linked3.spec"));
  await symlink(at("nowhere"), at("run", "dangling.sock"));
  await symlink(at("etc", "circle.spec"), at("etc", "circle.spec"));
  const found = async (name: string) => {
    const result = await findPlugin(name, folders, true).catch((error) => error);
    return result.code ?? result.address;
  };
  assert.is(await found("regular"), "tcp://a:1");
  assert.is(await found("folder"), "tcp://a:1");
  assert.is(await found("linked"), `unix://${at("run", "linked.sock")}`);
  assert.is(await found("linked2"), "registry.not-found");
  assert.is(await found("linked3"), "tcp://b:2");
  assert.is(await found("dangling"), "registry.not-found");
  assert.is(await found("circle"), "registry.not-found");
  assert.is(await found("x".repeat(300)), "registry.not-found");
  await folder.remove();
});

test("a spec that cannot be read hides what comes behind it, as in Docker", async () => {
  const folder = await makeFolder();
  await folder.write({ "a.spec": "nothing", "a.json": '{"Addr":"tcp://a:1"}' });
  const folders = { sockets: [], specs: [folder.path] };
  assert.is((await errorOf(findPlugin("a", folders, false))).code, "docker.spec-invalid");
  if (process.geteuid?.() !== 0) {
    await folder.write({ "b.spec": "tcp://b:1" });
    await chmod(join(folder.path, "b.spec"), 0);
    assert.is((await errorOf(findPlugin("b", folders, false))).code, "docker.spec-invalid");
  }
  await folder.remove();
});

test("a name that leads out of the folders is none; one into them is", async () => {
  const folder = await makeFolder();
  const at = (...steps: string[]) => join(folder.path, ...steps);
  await folder.write({ "secret.spec": "tcp://a:1", "etc/in/side.spec": "tcp://b:2" });
  const folders = { sockets: [at("etc")], specs: [at("etc")] };
  const names = ["", ".", "..", "../secret", "x/../../secret", "/etc/passwd", "a//b", "a/", "a\0"];
  for (const name of [...names, at("secret")]) {
    assert.is((await errorOf(findPlugin(name, folders, true))).code, "usage.invalid", name);
  }
  assert.is((await findPlugin("in/side", folders, true)).address, "tcp://b:2");
  await folder.remove();
});

test.run();
