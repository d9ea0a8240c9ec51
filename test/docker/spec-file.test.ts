import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { findPlugin, type FoundPlugin } from "../../src/docker/discovery.ts";
import { readJsonSpec, readSpec } from "../../src/docker/spec-file.ts";
import { tlsOf } from "../../src/docker/tls-files.ts";
import { errorOf } from "../support/docker-plugin.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("spec file");

const folder = suiteFolder(test);

const find = (name: string): Promise<FoundPlugin> =>
  findPlugin(name, { sockets: [folder.path], specs: [folder.path] }, false);

test("a .spec, flat and in a folder, has an address, and as Docker has it no check (moby 12)", async () => {
  const cases: [path: string, name: string, address: string][] = [
    ["echo/echo.spec", "echo", "unix://var/lib/docker/plugins/echo.sock"],
    ["echo.spec", "echo", "unix://var/lib/docker/plugins/echo.sock"],
    ["foo/foo.spec", "foo", "tcp://localhost:8080"],
    ["foo.spec", "foo", " \n\ttcp://localhost:8080\r\n\u00a0\u0085\n"],
  ];
  for (const [path, name, text] of cases) {
    await folder.write({ [path]: text });
    const found = await find(name);
    const address = text.trim().replace("\u0085", "").trim();
    assert.equal([found.name, found.address, found.path], [name, address, join(folder.path, path)]);
    assert.equal(await tlsOf(found, "as-docker"), { verify: false });
    assert.equal(await tlsOf(found, "always"), { verify: true });
  }
});

test("a .json counts by the file's name, with its address and TLS files (moby 13)", async () => {
  await folder.write({
    "example.json": JSON.stringify({
      Name: "plugin-example",
      addr: "https://example.com/docker/plugin",
      tlsConfig: {
        CAFile: "/usr/shared/docker/certs/example-ca.pem",
        certfile: "certs/example-cert.pem",
        KeyFile: "/usr/shared/docker/certs/example-key.pem",
        MinVersion: 772,
      },
    }) + " trailing bytes",
  });
  const found = await find("example");
  assert.equal([found.kind, found.name], ["json", "example"]);
  assert.equal(await readJsonSpec(found.path), {
    address: "https://example.com/docker/plugin",
    tls: {
      caFile: "/usr/shared/docker/certs/example-ca.pem",
      certFile: join(folder.path, "certs/example-cert.pem"),
      keyFile: "/usr/shared/docker/certs/example-key.pem",
      skipVerify: false,
    },
  });
});

test("a .json without TLSConfig has none, and one of null as well (moby 14)", async () => {
  for (const TLSConfig of [undefined, null]) {
    await folder.write({ "none.json": JSON.stringify({ Addr: "https://a", TLSConfig }) });
    assert.equal(await readJsonSpec((await find("none")).path), { address: "https://a" });
  }
  await folder.write({ "empty.json": "null" });
  assert.equal(await readJsonSpec(join(folder.path, "empty.json")), { address: "" });
});

test("what is no spec file is refused", async () => {
  await folder.write({
    "big.spec": "x".repeat(1 << 20),
    "binary.spec": new Uint8Array([0xff, 0xfe, 0, 1, 2]),
    "newline.spec": "unix:///run/a.sock\nunix:///run/b.sock",
    "scheme.spec": "127.0.0.1:8080",
    "empty.spec": " \n",
    "folder.spec/x": "",
    "big.json": `{"Addr":"${"x".repeat(1 << 20)}"}`,
    "half.json": '{"Addr":"https://a"',
    "list.json": "[]",
    "empty.json": "",
    "twice.json": '{"Addr":"https://a","addr":"https://b"}',
    "number.json": '{"Addr":1}',
    "tls.json": '{"Addr":"https://a","TLSConfig":[]}',
    "skip.json": '{"Addr":"https://a","TLSConfig":{"InsecureSkipVerify":"yes"}}',
    "ca.json": '{"Addr":"https://a","TLSConfig":{"CAFile":7}}',
  });
  execFileSync("mkfifo", [join(folder.path, "pipe.spec")]);
  const names = "big binary newline scheme empty folder pipe missing".split(" ");
  for (const name of names) {
    const error = await errorOf(readSpec(join(folder.path, `${name}.spec`)));
    assert.is(error.code, "docker.spec-invalid", name);
    assert.ok(error.message.length < 1_000, name);
  }
  for (const name of "big half list empty twice number tls skip ca missing".split(" ")) {
    const error = await errorOf(readJsonSpec(join(folder.path, `${name}.json`)));
    assert.is(error.code, "docker.spec-invalid", name);
    assert.ok(error.message.length < 1_000, name);
  }
});

test.run();
