import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { delegate } from "../../src/capability/delegate.ts";
import type { DelegateGrant } from "../../src/capability/delegate-grant.ts";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import { createHost } from "../../src/host/host.ts";
import type { JsonObject } from "../../src/json.ts";
import { sha256Sync } from "../../src/platform/hash.ts";
import { jsonDocument } from "../support/document.ts";
import { suiteFolder } from "../support/folder.ts";
import { answering, asking, askThrough, bundleOf } from "../support/guest.ts";
import {
  ask,
  ASKER,
  askOk,
  askRefused,
  checkEnds,
  readLineOf,
  rejection,
  writeScript,
} from "../support/process-fixture.ts";
import { ask as askIn, closedAfter, hostCall } from "../support/capability.ts";
import { suite } from "../support/suite.ts";
import { until } from "../support/until.ts";

const test = suite("delegate");

/** A plugin that gives what it was told. */
const ECHO = `printf '{"env":"%s","config":' "$CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS ` +
  `$CNI_IFNAME $CNI_ARGS $PATH"; cat; echo '}'`;

const closing = closedAfter(test);
const folder = suiteFolder(test);
test.before(async () => {
  await writeScript(folder, "echo", ECHO);
  await writeScript(folder, "secret", "echo '{}'");
  // A namespace, as one that is mounted there.
  await symlink("/proc/self/ns/net", at("there"));
});

const at = (name: string) => join(folder.path, name);

async function open(more: Partial<DelegateGrant> = {}): Promise<OpenedCapability> {
  const grant = { types: ["echo"], folders: [folder.path], netns: ["/run/netns"], ...more };
  return closing(await delegate.open(grant, ASKER));
}

const CONFIG: JsonObject = { cniVersion: "1.1.0", name: "net", type: "echo" };
const REQUEST: JsonObject = {
  type: "echo",
  config: CONFIG,
  containerId: "c1",
  netns: "/run/netns/n1",
  ifname: "eth0",
  args: "K=V;IgnoreUnknown=1",
};
const NETWORK: JsonObject = { type: "echo", config: CONFIG };

test("delegate_add, del and check run a plugin for a container", async () => {
  const one = await open();
  const path = "/usr/sbin:/usr/bin:/sbin:/bin";
  for (const name of ["add", "del", "check"]) {
    const env = `${name.toUpperCase()} c1 /run/netns/n1 eth0 K=V;IgnoreUnknown=1 ${path}`;
    const call = hostCall({ netns: "/run/netns/n1" });
    const { ok } = await askIn(one, `delegate_${name}`, REQUEST, call);
    assert.equal(ok!["result"], { env, config: CONFIG });
  }
});

test("delegate_add hands a configuration on with members of whatever name", async () => {
  // In the order of the answer's keys.
  const text = '{"__proto__":1,"cniVersion":"1.1.0","constructor":2,"name":"net","type":"echo"}';
  const request = { ...REQUEST, config: JSON.parse(text) };
  const { result } = await askOk(await open(), "delegate_add", request);
  assert.is(JSON.stringify((result as JsonObject)["config"]), text);
});

test("delegate_status and gc run a plugin for a network", async () => {
  const one = await open({ path: "/bin" });
  for (const name of ["status", "gc"]) {
    const { result } = await askOk(one, `delegate_${name}`, NETWORK);
    assert.equal(result, { env: `${name.toUpperCase()}     /bin`, config: CONFIG });
    await askRefused(one, `delegate_${name}`, REQUEST, "capability.invalid");
  }
});

test("delegate_del takes a namespace that is gone", async () => {
  const one = await open();
  const { netns: _, ...without } = REQUEST;
  await askOk(one, "delegate_del", without);
  await askOk(one, "delegate_del", { ...REQUEST, netns: "" });
  for (const name of ["delegate_add", "delegate_check"]) {
    await askRefused(one, name, without, "capability.invalid");
    await askRefused(one, name, { ...REQUEST, netns: "" }, "capability.invalid");
  }
});

test("delegate_del tells a plugin of no namespace that is gone, for which nobody needs a grant", async () => {
  const one = await open({ netns: [folder.path] });
  // What is left where a namespace was unmounted, and whose process has ended.
  await folder.write({ unmounted: "" });
  const gone = [at("gone"), at("unmounted"), "/run/netns/gone", "/proc/4194305/ns/net"];
  for (const netns of [at("there"), ...gone]) {
    const { result } = await askOk(one, "delegate_del", { ...REQUEST, netns });
    const told = netns === at("there") ? netns : "";
    assert.match((result as JsonObject)["env"] as string, `DEL c1 ${told} eth0`);
  }
  // The call's own is its caller's to name.
  const call = hostCall({ netns: at("gone") });
  const { ok } = await askIn(one, "delegate_del", { ...REQUEST, netns: at("gone") }, call);
  assert.match((ok!["result"] as JsonObject)["env"] as string, at("gone"));
});

test("delegate_add runs no type that is not granted", async () => {
  const one = await open({ types: ["echo", "missing"] });
  const types = ["secret", "/bin/sh", "../echo", "..", ".", "", "toString", "echo/", "echo\0"];
  for (const type of types) {
    const request = { ...REQUEST, type, config: { ...CONFIG, type } };
    await askRefused(one, "delegate_add", request, "capability.denied");
  }
  const other = { ...REQUEST, config: { ...CONFIG, type: "secret" } };
  await askRefused(one, "delegate_add", other, "capability.invalid");
  const ipam = { ...REQUEST, config: { ...CONFIG, ipam: { type: "secret" } } };
  await askRefused(one, "delegate_add", ipam, "capability.denied");
  const missing = { ...REQUEST, type: "missing", config: { ...CONFIG, type: "missing" } };
  await askRefused(one, "delegate_add", missing, "capability.not-found");
});

const INVALID: JsonObject[] = [
  ...["", "-c", "a/b", "a b", "a\n", ".x", "a".repeat(254)].map((containerId) => ({ containerId })),
  ...["", ".", "..", "a/b", "a:b", "a b", "a\u0085", "a\0", "0123456789abcdef", "éééééééé"]
    .map((ifname) => ({ ifname })),
  ...["netns", "/run/netns/../../proc/1/ns/net", "/run/netns/.", "/run//netns/x", "/run/netns/a\0"]
    .map((netns) => ({ netns })),
  ...["A", "=B", "A=B;", "A=B\n", "A=B\0", ";"].map((args) => ({ args })),
  { config: [] },
  { config: "{}" },
  { more: 1 },
  { containerId: 1 },
];
for (const part of INVALID) {
  test(`delegate_add refuses ${JSON.stringify(part).slice(0, 60)}`, async () => {
    const message = await askRefused(
      await open(),
      "delegate_add",
      { ...REQUEST, ...part },
      "capability.invalid",
    );
    assert.ok(message);
  });
}

test("delegate_add reaches only into granted folders of namespaces", async () => {
  const one = await open();
  const elsewhere = ["/proc/1/ns/net", "/proc/self/ns/net", "/run/netnsx/n", "/run/netns"];
  for (const netns of elsewhere) {
    await askRefused(one, "delegate_add", { ...REQUEST, netns }, "capability.denied");
  }
  const other = await open({ netns: ["/run/docker/netns/"] });
  await askOk(other, "delegate_add", { ...REQUEST, netns: "/run/docker/netns/n" });
  await askRefused(other, "delegate_add", REQUEST, "capability.denied");
});

const VERBS = ["delegate_add", "delegate_check", "delegate_del"];

test("a delegate takes a folder of namespaces for what it is, whichever links lead there", async () => {
  await mkdir(at("run/netns"), { recursive: true });
  await mkdir(at("run/other"));
  await symlink("/proc/self/ns/net", at("run/netns/n"));
  await symlink("/proc/self/ns/net", at("run/other/n"));
  await symlink(at("run"), at("var"));
  await symlink("../other", at("run/netns/out"));
  for (const granted of [at("run/netns"), at("var/netns"), `${at("var/netns")}/`]) {
    const one = await open({ netns: [granted] });
    for (const netns of [at("run/netns/n"), at("var/netns/n")]) {
      assert.ok(await askOk(one, "delegate_del", { ...REQUEST, netns }));
    }
    for (const netns of [at("run/other/n"), at("run/netns/out/n"), at("var/netns/out/n")]) {
      await askRefused(one, "delegate_del", { ...REQUEST, netns }, "capability.denied");
    }
  }
});

test("a delegate reaches into no namespace where the grant names no folder", async () => {
  const grant = { types: ["echo"], folders: [folder.path] };
  const one = closing(await delegate.open(grant, ASKER));
  for (const netns of ["/run/netns/n1", "/var/run/netns/n1"]) {
    for (const own of [undefined, ""]) {
      // Where there is nothing, DEL reaches nothing.
      for (const name of ["delegate_add", "delegate_check"]) {
        const { error } = await askIn(one, name, { ...REQUEST, netns }, hostCall({ netns: own }));
        assert.is(error?.code, "capability.denied", `${name} ${netns}`);
        assert.match(error!.message, "--delegate-netns=FOLDER");
      }
    }
  }
  const call = hostCall({ netns: "" });
  const { error } = await askIn(one, "delegate_del", { ...REQUEST, netns: at("there") }, call);
  assert.is(error?.code, "capability.denied");
  assert.match(error!.message, "--delegate-netns=FOLDER");
});

test("a namespace that a process names cannot be granted", async () => {
  for (const netns of ["/proc", "/proc/", "/proc/self/ns", "/proc/1/task", at("ns")]) {
    if (netns === at("ns")) await symlink("/proc/self/ns", netns);
    const grant = { types: ["echo"], folders: [folder.path], netns: [netns] };
    const { message } = await rejection(delegate.open(grant, ASKER), "config.invalid");
    assert.match(message, "whose number may be that of a stranger");
  }
  const one = await open({ netns: ["/"] });
  for (const name of VERBS) {
    const request = { ...REQUEST, netns: "/proc/self/ns/net" };
    const message = await askRefused(one, name, request, "capability.denied");
    assert.match(message, "whose number may be that of a stranger");
    assert.not.match(message, "--delegate-netns");
  }
});

test("a delegate reaches into the namespace of the container at hand alone, wherever it lies", async () => {
  // Whatever is granted.
  const one = await open({ netns: ["/run/netns", folder.path] });
  const own = "/proc/4711/ns/net";
  const call = hostCall({ netns: own });
  for (const name of VERBS) {
    assert.ok("ok" in await askIn(one, name, { ...REQUEST, netns: own }, call), name);
    for (const netns of ["/proc/self/ns/net", at("there")]) {
      const { error } = await askIn(one, name, { ...REQUEST, netns }, call);
      assert.is(error?.code, "capability.denied", `${name} ${netns}`);
    }
  }
  assert.ok("ok" in await askIn(one, "delegate_del", { ...REQUEST, netns: "" }, call));
});

test("delegate_add hands a plugin's error on", async () => {
  const one = await open({ types: ["failing"] });
  const request = { ...REQUEST, type: "failing", config: { ...CONFIG, type: "failing" } };
  for (
    const [said, words, cni] of [
      ['{"code":7,"msg":"bad config"}', "bad config (7)", { code: 7, msg: "bad config" }],
      [
        '{"cniVersion":"1.0.0","code":101,"msg":"no","details":"rule 7"}',
        "no; rule 7 (101)",
        { code: 101, msg: "no", details: "rule 7" },
      ],
      [
        '{"Code":7,"Msg":"my words","Details":"d"}',
        "my words; d (7)",
        { code: 7, msg: "my words", details: "d" },
      ],
      ['{"msg":"only words"}', "only words (exit code 1)", undefined],
      // No code of CNI's: only words.
      ['{"code":-1,"msg":"bad config"}', "bad config (-1)", undefined],
    ] as const
  ) {
    await writeScript(folder, "failing", `echo '${said}'; exit 1`);
    const { error } = await ask(one, "delegate_add", request) as { error: JsonObject };
    assert.equal(error, {
      code: "capability.failed",
      message: `Plugin "failing" failed at ADD: ${words}`,
      ...(cni === undefined ? {} : { details: { cni } }),
    });
  }
});

test("delegate_add runs a pinned plugin, whatever its path leads to later", async () => {
  const path = await writeScript(folder, "pinned", "echo '{\"good\":true}'");
  const digest = sha256Sync(await readFile(path));
  const one = await open({ types: ["pinned"], digests: { pinned: digest } });
  const request = { ...REQUEST, type: "pinned", config: { ...CONFIG, type: "pinned" } };
  await rename(await writeScript(folder, "evil", "echo '{\"good\":false}'"), path);
  assert.equal(await askOk(one, "delegate_add", request), { result: { good: true } });
  await rejection(open({ types: ["pinned"], digests: { pinned: digest } }), "trust.changed");
});

test("delegate_add refuses a folder and a plugin that others came to write to", async () => {
  const inner = join(folder.path, "inner");
  await folder.write({ "inner/kept": "" });
  const path = join(inner, "echo");
  await writeFile(path, `#!/bin/sh\n${ECHO}\n`, { mode: 0o755 });
  const one = await open({ folders: [inner] });
  await askOk(one, "delegate_add", REQUEST);
  for (const [changed, mode] of [[path, 0o777], [inner, 0o777], [inner, 0o1777]] as const) {
    await chmod(changed, mode);
    const message = await askRefused(one, "delegate_add", REQUEST, "capability.failed");
    assert.not.match(message, folder.path);
    await chmod(changed, 0o755);
  }
  await chmod(inner, 0o777);
  await rejection(open({ folders: [inner] }), "trust.writable");
});

test("delegate_add ends with its time, its call and its capability", async () => {
  await writeScript(folder, "slow", `echo $$ >"${at("slow.")}$CNI_CONTAINERID"; sleep 1000 & wait`);
  const request = { ...REQUEST, type: "slow", config: { ...CONFIG, type: "slow" } };
  const soon = await open({ types: ["slow"], timeoutMs: 50 });
  await askRefused(soon, "delegate_add", request, "capability.timeout");
  const one = await open({ types: ["slow"] });
  const call = new AbortController();
  const aborted = ask(one, "delegate_add", { ...request, containerId: "call" }, call.signal);
  const closed = ask(one, "delegate_add", { ...request, containerId: "close" });
  const pids = await Promise.all(["call", "close"].map((c) => readLineOf(at(`slow.${c}`))));
  call.abort();
  assert.match(JSON.stringify(await aborted), "capability.failed");
  await one.close();
  assert.match(JSON.stringify(await closed), "capability.failed");
  for (const pid of pids) await checkEnds(Number(pid));
});

test("delegates that wait hold up no other call of their plugin, nor of another one", async () => {
  await writeScript(
    folder,
    "waits",
    `echo "$CNI_CONTAINERID" >>"${at("waiting")}"
case $CNI_CONTAINERID in w*) while [ ! -e "${at("go")}" ]; do sleep 0.01; done;; esac; echo '{}'`,
  );
  await using host = await createHost({ workers: 1 });
  const grant = { types: ["waits"], folders: [folder.path], netns: ["/run/netns"] };
  const plugin = await host.load(bundleOf(asking("delegate_add"), { capabilities: ["delegate"] }), {
    grants: { delegate: grant },
    timeoutMs: 60_000,
  });
  const good = await host.load(bundleOf(answering('{"allowed":true,"reasons":[]}')), {
    mode: "worker",
  });
  const add = async (containerId: string) => {
    const config = { ...CONFIG, type: "waits" };
    const request = JSON.stringify({ ...REQUEST, type: "waits", containerId, config });
    const [answer] = await askThrough(plugin, [0, request]);
    return new TextDecoder().decode(answer);
  };
  const all = Array.from({ length: 12 }, (_, n) => add(`w${n}`));
  const answers = Promise.all(all);
  answers.catch(() => {});
  const started = () =>
    existsSync(at("waiting")) ? readFileSync(at("waiting"), "utf8").split("\n").length - 1 : 0;
  await until(() => started() === all.length);
  assert.is(await add("c1"), '{"ok":{"result":{}}}');
  assert.is((await good.admission.check(jsonDocument({}))).allowed, true);
  await folder.write({ go: "" });
  assert.equal(new Set(await answers), new Set(['{"ok":{"result":{}}}']));
});

test("open() refuses grants that cannot be meant", async () => {
  const good: DelegateGrant = { types: ["echo"], folders: [folder.path] };
  const digest = `sha256:${"0".repeat(64)}`;
  const bad: unknown[] = [
    {},
    { ...good, types: [] },
    { ...good, types: ["../echo"] },
    { ...good, folders: [] },
    { ...good, folders: ["relative"] },
    { ...good, folders: ["/a:/b"] },
    { ...good, folders: [at("none")] },
    { ...good, digests: { other: digest } },
    { ...good, digests: { echo: "sha256:0" } },
    { ...good, types: ["missing"], digests: { missing: digest } },
    { ...good, path: "bin" },
    { ...good, path: "/bin:" },
    { ...good, timeoutMs: -1 },
    { ...good, env: {} },
  ];
  for (const grant of bad) await rejection(delegate.open(grant as never, ASKER), "config.invalid");
});

test.run();
