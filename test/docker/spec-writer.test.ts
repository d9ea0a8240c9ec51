import { chmod, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { writeSpec } from "../../src/docker/spec-writer.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/spec-writer");

const TLS = { caFile: "/tls/ca.pem", certFile: "/tls/cert.pem", keyFile: "/tls/key.pem" };
const PLAIN = { name: "vol", address: "tcp://127.0.0.1:8080" };
const SECURE = { name: "vol", address: "https://127.0.0.1:8443", tls: TLS };

/** A test with the folder that Docker looks into. */
function testFolder(name: string, use: (folder: string) => Promise<void>): void {
  test(name, async () => {
    const folder = await makeFolder();
    try {
      await use(join(folder.path, "plugins"));
    } finally {
      await folder.remove();
    }
  });
}

testFolder("a .spec file holds the address, and goes when it is removed", async (folder) => {
  const remove = await writeSpec(folder, PLAIN);
  assert.is(await readFile(join(folder, "vol.spec"), "utf8"), "tcp://127.0.0.1:8080\n");
  await remove();
  await remove();
  assert.equal(await readdir(folder), []);
});

testFolder(
  "a .json file says with what to check the plugin, and what to show it",
  async (folder) => {
    const remove = await writeSpec(folder, SECURE);
    assert.equal(JSON.parse(await readFile(join(folder, "vol.json"), "utf8")), {
      Name: "vol",
      Addr: "https://127.0.0.1:8443",
      TLSConfig: {
        InsecureSkipVerify: false,
        CAFile: "/tls/ca.pem",
        CertFile: "/tls/cert.pem",
        KeyFile: "/tls/key.pem",
      },
    });
    await remove();
    assert.equal(await readdir(folder), []);
  },
);

testFolder("paths of TLS files are written from the root on", async (folder) => {
  await writeSpec(folder, { ...SECURE, tls: { ...TLS, caFile: "tls/ca.pem" } });
  const { TLSConfig } = JSON.parse(await readFile(join(folder, "vol.json"), "utf8"));
  assert.match(TLSConfig.CAFile, /^\/.+\/tls\/ca\.pem$/);
});

testFolder("what nobody serves any more is replaced, in either form", async (folder) => {
  await writeSpec(folder, { ...PLAIN, address: "tcp://127.0.0.1:1" });
  await writeSpec(folder, SECURE);
  assert.equal(await readdir(folder), ["vol.json"]);
  await writeSpec(folder, { ...SECURE, address: "https://127.0.0.1:2" });
  await writeSpec(folder, PLAIN);
  assert.equal(await readdir(folder), ["vol.spec"]);
});

testFolder("what may still be served is not", async (folder) => {
  const server = createServer((socket) => void socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await writeSpec(folder, { ...PLAIN, address: `tcp://127.0.0.1:${port}` });
    const error = await writeSpec(folder, SECURE).catch(PluginError.from);
    assert.is((error as PluginError).code, "docker.socket-in-use");
    assert.match((error as PluginError).message, `it names tcp://127.0.0.1:${port}`);
    // Its own address is another matter: it is the one that listens there.
    await writeSpec(folder, { ...PLAIN, address: `tcp://127.0.0.1:${port}` });
    assert.equal(await readdir(folder), ["vol.spec"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

for (
  const text of ["", "hello", "{", "{}", '{"Addr":1}', "unix:///run/x.sock", "tcp://127.0.0.1"]
) {
  testFolder(`a file that says ${JSON.stringify(text)} is somebody's`, async (folder) => {
    await (await writeSpec(folder, PLAIN))();
    await writeFile(join(folder, "vol.json"), text);
    const error = await writeSpec(folder, PLAIN).catch(PluginError.from);
    assert.is((error as PluginError).code, "docker.socket-in-use");
    assert.is(await readFile(join(folder, "vol.json"), "utf8"), text);
  });
}

testFolder("what says something else by now is not removed", async (folder) => {
  const remove = await writeSpec(folder, PLAIN);
  await writeFile(join(folder, "vol.spec"), "tcp://127.0.0.1:9\n");
  await remove();
  assert.equal(await readdir(folder), ["vol.spec"]);
});

testFolder("a folder that others can write to, and a link, are refused", async (folder) => {
  await (await writeSpec(folder, PLAIN))();
  await symlink("elsewhere", join(folder, "vol.spec"));
  const link = await writeSpec(folder, PLAIN).catch(PluginError.from);
  assert.is((link as PluginError).code, "output.unwritable");
  await chmod(folder, 0o777);
  const open = await writeSpec(folder, PLAIN).catch(PluginError.from);
  assert.is((open as PluginError).code, "trust.writable");
});

test.run();
