import { symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  type CniCommand,
  findInFolders,
  isPluginType,
  runCniPlugin,
} from "../../src/capability/cni-plugin.ts";
import { ProcessRunner } from "../../src/capability/process-runner.ts";
import type { JsonValue } from "../../src/json.ts";
import { suiteFolder } from "../support/folder.ts";
import { rejection, writeScript } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni-plugin");

const folder = suiteFolder(test);

const at = (name: string) => join(folder.path, name);

test("isPluginType() takes names and no paths", () => {
  for (const type of ["bridge", "host-local", "a.b", "_x", "0"]) assert.ok(isPluginType(type));
  const bad = ["", ".", "..", "a/b", "/bin/sh", "../x", ".hidden", "-x", "a b", "a\0", "a\n", "é"];
  for (const type of [...bad, "a".repeat(129), "a\\b", "a:b"]) assert.not(isPluginType(type));
});

test("findInFolders() gives the first regular file, in order", async () => {
  await folder.write({ "one/a": "", "two/a": "", "two/b": "", "one/sub/x": "", "two/sub": "" });
  await symlink(at("two/b"), at("one/linked"));
  await symlink(at("nowhere"), at("one/b"));
  const find = (type: string) => findInFolders(type, [at("none"), `${at("one")}/`, at("two")]);
  assert.is(await find("a"), at("one/a"));
  assert.is(await find("b"), at("two/b"));
  assert.is(await find("sub"), at("two/sub"));
  assert.is(await find("linked"), at("one/linked"));
  for (const type of ["c", "..", "sub/x", "../two/a", ""]) {
    assert.is(await find(type), undefined);
  }
});

test("findInFolders() passes over what cannot be looked into, and names it where nothing is found", async () => {
  await folder.write({ "three/a": "" });
  // Nobody, not even root, gets to its end.
  await symlink(at("loop"), at("loop"));
  for (const folders of [[at("loop"), at("three")], [at("three"), at("loop")]]) {
    assert.is(await findInFolders("a", folders), at("three/a"));
    const { message } = await rejection(findInFolders("b", folders), "input.unreadable");
    assert.match(message, at("loop/b"));
  }
});

let scripts = 0;

async function run(body: string, command: CniCommand = "ADD"): Promise<JsonValue> {
  const path = await writeScript(folder, `plugin${++scripts}`, body);
  return await runCniPlugin(new ProcessRunner(1), { path, prepare: () => Promise.resolve(path) }, {
    type: "fake",
    command,
    config: { type: "fake", name: "n" },
    containerId: "c1",
    netns: "/run/netns/n1",
    ifname: "eth0",
    args: "A=1;B=2",
    folders: ["/opt/a", "/opt/b"],
    path: "/bin",
    timeoutMs: 60_000,
    maxOutputBytes: 10_000,
  }, new AbortController().signal);
}

test("runCniPlugin() gives environment and configuration, and what is printed", async () => {
  const names = ["COMMAND", "CONTAINERID", "NETNS", "IFNAME", "ARGS", "PATH"];
  const variables = names.map((name) => `"$CNI_${name}"`).join(" ");
  const list = `for value in ${variables} "$PATH"; do printf '"%s",' "$value"; done`;
  const result = await run(`echo '{"env":['; ${list}; echo '0],"config":'; cat; echo '}'`);
  assert.equal(result, {
    env: ["ADD", "c1", "/run/netns/n1", "eth0", "A=1;B=2", "/opt/a:/opt/b", "/bin", 0],
    config: { type: "fake", name: "n" },
  });
});

test("runCniPlugin() takes nothing for an answer, but not for that of ADD", async () => {
  for (const command of ["DEL", "CHECK", "STATUS", "GC"] as const) {
    assert.is(await run("echo", command), null);
  }
  const error = await rejection(run("echo why >&2"), "capability.failed");
  assert.is(error.message, 'Plugin "fake" failed at ADD: it gave no result; stderr: "why"');
});

test("runCniPlugin() hands on a plugin's own error", async () => {
  for (const code of [0, 1]) {
    const body = `echo '{"code":11,"msg":"try\\u001b[31m later","details":"why"}'; exit ${code}`;
    const error = await rejection(run(body), "capability.failed");
    assert.is(error.message, 'Plugin "fake" failed at ADD: try\\u{1b}[31m later; why (11)');
    const cni = { code: 11, msg: "try\x1b[31m later", details: "why" };
    assert.equal(error.details["cni"], cni);
  }
});

test("runCniPlugin() says what it knows of other failures", async () => {
  const cases: [string, RegExp][] = [
    ["exit 3", /exit code 3$/],
    ["echo boom >&2; exit 3", /exit code 3; stderr: "boom"$/],
    ["kill -KILL $$", /signal SIGKILL$/],
    ["echo nonsense; exit 1", /exit code 1, and said "nonsense"$/],
    [`echo '{"ips":[]}'; exit 1`, /exit code 1, and said "\{"ips":\[\]\}"$/],
    ["echo nonsense", /its answer is not JSON: "nonsense"$/],
    ["echo '{} {}'", /its answer is not JSON/],
    [`echo '{"a":1,"a":2}'`, /its answer is not JSON/],
    ["printf '\\377'", /its answer is not JSON/],
  ];
  for (const [body, wanted] of cases) {
    assert.match((await rejection(run(body), "capability.failed")).message, wanted);
  }
});

test("runCniPlugin() bounds answers and what it says of them", async () => {
  await rejection(run("while :; do echo 0123456789; done"), "capability.limit");
  const long = "head -c 9000 /dev/zero | tr '\\0' x >&2; exit 1";
  const { message } = await rejection(
    run(long.replace("head", "PATH=/usr/bin:/bin; head")),
    "capability.failed",
  );
  assert.ok(message.length < 700, String(message.length));
});

test.run();
