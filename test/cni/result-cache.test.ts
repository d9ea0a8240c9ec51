import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type CachedAttachment, cachedResultAs, ResultCache } from "../../src/cni/result-cache.ts";
import type { ErrorCode } from "../../src/plugin-error.ts";
import { bytesOf } from "../support/cni-fake-plugin.ts";
import { faultOf } from "../support/fault.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/result-cache");

const KEY = { network: "net", containerId: "c1", ifname: "eth0" };
const ENTRY: CachedAttachment = {
  ...KEY,
  netns: "/run/netns/c1",
  config: bytesOf('{"name":"net"}'),
  args: [["K", "V"], ["L", ""]],
  capabilityArgs: { portMappings: [{ hostPort: 80 }] },
  result: { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] },
};

async function withCache(
  check: (cache: ResultCache, path: string, folder: TestFolder) => Promise<void>,
): Promise<void> {
  const folder = await makeFolder();
  const path = join(folder.path, "cni");
  try {
    await check(new ResultCache(path), path, folder);
  } finally {
    await folder.remove();
  }
}

test("put() writes libcni's file, private and whole", async () => {
  await withCache(async (cache, path) => {
    await cache.put(ENTRY);
    const file = join(path, "results", "net-c1-eth0");
    assert.equal(JSON.parse(await readFile(file, "utf8")), {
      kind: "cniCacheV1",
      containerId: "c1",
      config: "eyJuYW1lIjoibmV0In0=",
      ifName: "eth0",
      networkName: "net",
      netns: "/run/netns/c1",
      cniArgs: [["K", "V"], ["L", ""]],
      capabilityArgs: { portMappings: [{ hostPort: 80 }] },
      result: { cniVersion: "1.0.0", ips: [{ address: "10.0.0.2/24" }] },
    });
    assert.is((await lstat(file)).mode & 0o777, 0o600);
    assert.is((await lstat(join(path, "results"))).mode & 0o777, 0o700);
    assert.equal(await readdir(join(path, "results")), ["net-c1-eth0"]);
    assert.equal(await cache.get(KEY), ENTRY);
  });
});

test("put() leaves out what there is nothing of, as libcni does", async () => {
  await withCache(async (cache, path) => {
    const bare = { ...KEY, netns: "", config: bytesOf("{}"), args: [], capabilityArgs: {} };
    await cache.put(bare);
    const text = await readFile(join(path, "results", "net-c1-eth0"), "utf8");
    assert.equal(Object.keys(JSON.parse(text)), [
      ...["kind", "containerId", "config", "ifName", "networkName"],
    ]);
    assert.equal(await cache.get(KEY), bare);
  });
});

test("get() tells interfaces apart (cni 27)", async () => {
  await withCache(async (cache) => {
    await cache.put(ENTRY);
    const other = { ...KEY, ifname: "eth1" };
    await cache.put({ ...ENTRY, ...other, args: [] });
    assert.equal((await cache.get(KEY))!.args, ENTRY.args);
    assert.equal((await cache.get(other))!.args, []);
    await cache.remove(KEY);
    assert.is(await cache.get(KEY), undefined);
    assert.is((await cache.get(other))!.ifname, "eth1");
  });
});

test("get() finds nothing where there is nothing, and remove() minds that as little (cni 27)", async () => {
  await withCache(async (cache, path) => {
    assert.is(await cache.get(KEY), undefined);
    await cache.remove(KEY);
    assert.equal(await cache.list(), []);
    assert.is(await lstat(path).catch(() => "none"), "none");
  });
});

test("get() does not take another attachment's file for its own", async () => {
  await withCache(async (cache) => {
    const one = { network: "a-b", containerId: "c", ifname: "eth0" };
    const other = { network: "a", containerId: "b-c", ifname: "eth0" };
    await cache.put({ ...ENTRY, ...one });
    assert.is(await cache.get(other), undefined);
    assert.is((await cache.find(other))!.network, "a-b");
    assert.is((await cache.get(one))!.network, "a-b");
  });
});

test("get() reads a bare result, as the first runtimes left it", async () => {
  await withCache(async (cache, path) => {
    await mkdir(join(path, "results"), { recursive: true });
    const result = { ip4: { ip: "10.0.0.2/24" } };
    await writeFile(join(path, "results", "net-c1-eth0"), JSON.stringify(result));
    const found = (await cache.get(KEY))!;
    assert.equal([found.config.length, found.netns, found.result], [0, "", result]);
    assert.equal(cachedResultAs(found, "1.0.0"), {
      cniVersion: "1.0.0",
      ips: [{ address: "10.0.0.2/24" }],
    });
    // libcni lists none of these either.
    assert.equal(await cache.list(), []);
  });
});

const whole = JSON.stringify({
  ...{ kind: "cniCacheV1", containerId: "c1", ifName: "eth0", networkName: "net", config: "e30=" },
});
const BAD: [name: string, content: string, code?: ErrorCode][] = [
  ["nothing", ""],
  ["garbage", "\u0000\u0001garbage"],
  ["half an entry", whole.slice(0, 40)],
  ["a list", "[]"],
  ["another kind", '{"kind":"cniCacheV9"}'],
  ["an entry whose configuration is no base64", whole.replace("e30=", "e3 0")],
  ["an entry without a name", whole.replace('"containerId":"c1"', '"containerId":""')],
  ["an entry with other arguments", whole.replace("}", ',"cniArgs":[["a"]]}')],
  ["a key twice", whole.replace("}", ',"ifName":"eth1"}')],
  ["too much", `{"x":"${"x".repeat(8 * 2 ** 20)}"}`, "input.too-large"],
];
for (const [name, content, code = "cni.cache-malformed"] of BAD) {
  test(`get() refuses ${name}, and list() leaves it out (cni 27)`, async () => {
    await withCache(async (cache, path) => {
      await cache.put({ ...ENTRY, containerId: "c2" });
      await writeFile(join(path, "results", "net-c1-eth0"), content);
      await rejection(cache.get(KEY), code);
      assert.equal((await cache.list()).map(({ containerId }) => containerId), ["c2"]);
    });
  });
}

test("a link is not read, not listed, not written through, and removed itself", async () => {
  await withCache(async (cache, path, folder) => {
    await folder.write({ secret: whole });
    const secret = join(folder.path, "secret");
    await mkdir(join(path, "results"), { recursive: true });
    await symlink(secret, join(path, "results", "net-c1-eth0"));
    await rejection(cache.get(KEY), "input.unreadable");
    assert.equal(await cache.list(), []);
    const { message } = await rejection(cache.put(ENTRY), "output.unwritable");
    assert.match(message, /it is a link$/);
    assert.is(await readFile(secret, "utf8"), whole);
    await cache.remove(KEY);
    assert.is(await readFile(secret, "utf8"), whole);
    assert.equal(await readdir(join(path, "results")), []);
  });
});

test("folders, pipes and files under other names than their own are no entries", async () => {
  await withCache(async (cache, path) => {
    await cache.put(ENTRY);
    const results = join(path, "results");
    await mkdir(join(results, "net-c2-eth0"));
    await writeFile(join(results, "net-c3-eth0"), await readFile(join(results, "net-c1-eth0")));
    assert.equal((await cache.list()).map(({ containerId }) => containerId), ["c1"]);
    await rejection(cache.get({ ...KEY, containerId: "c2" }), "input.unreadable");
  });
});

test("a folder that others can write is refused", async () => {
  await withCache(async (cache, path) => {
    await cache.put(ENTRY);
    await chmod(join(path, "results"), 0o777);
    await rejection(cache.get(KEY), "trust.writable");
    await rejection(cache.list(), "trust.writable");
    await rejection(cache.put(ENTRY), "trust.writable");
  });
});

test("a file that cannot be made is an error", async () => {
  await withCache(async (_cache, _path, folder) => {
    await folder.write({ file: "" });
    const cache = new ResultCache(join(folder.path, "file"));
    await rejection(cache.put(ENTRY), "output.unwritable");
    const long = { ...ENTRY, network: "n".repeat(200), containerId: "c".repeat(200) };
    await rejection(new ResultCache(folder.path).put(long), "output.unwritable");
  });
});

test("list() gives one container's entries, or all", async () => {
  await withCache(async (cache) => {
    for (const containerId of ["c2", "c1", "c1-c2"]) {
      for (const ifname of ["eth1", "eth0"]) await cache.put({ ...ENTRY, containerId, ifname });
    }
    const names = async (id?: string) =>
      (await cache.list(id)).map(({ containerId, ifname }) => `${containerId} ${ifname}`);
    assert.equal(await names("c1"), ["c1 eth0", "c1 eth1"]);
    assert.equal((await names()).length, 6);
    assert.equal(await names("c3"), []);
  });
});

test("cachedResultAs() converts to the configuration's version (cni 21)", () => {
  assert.equal(cachedResultAs(ENTRY, "0.2.0"), {
    cniVersion: "0.2.0",
    ip4: { ip: "10.0.0.2/24" },
  });
  assert.is(cachedResultAs({ ...ENTRY, result: undefined }, "1.0.0"), undefined);
  const fault = faultOf(() => cachedResultAs(ENTRY, "0.4567.0"));
  assert.is(fault.code, "cni.version-unsupported");
});

test.run();
