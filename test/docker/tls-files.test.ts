import { join } from "node:path";
import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { findPlugin } from "../../src/docker/discovery.ts";
import { tlsOf, type TlsVerification } from "../../src/docker/tls-files.ts";
import { errorOf } from "../support/docker-plugin.ts";
import { suiteFolder } from "../support/folder.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

const test = suite("tlsOf");

const folder = suiteFolder(test);

const file = (name: string) => projectPath("test", "fixture", "tls", name);

async function tls(spec: object, verification: TlsVerification) {
  await folder.write({ "p.json": JSON.stringify(spec) });
  const folders = { sockets: [], specs: [folder.path] };
  return await tlsOf(await findPlugin("p", folders, false), verification);
}

const Addr = "https://127.0.0.1:1";

test("a certificate is looked at, unless the file says otherwise or Docker would not", async () => {
  const CAFile = file("ca.pem");
  const ca = await readFile(CAFile, "utf8");
  const cases: [config: object | undefined, always: object, asDocker: object][] = [
    [undefined, { verify: true }, { verify: true }],
    [{}, { verify: true, ca: undefined }, { verify: false, ca: undefined }],
    [{ CAFile }, { verify: true, ca }, { verify: true, ca }],
    [{ InsecureSkipVerify: true }, { verify: false, ca: undefined }, {
      verify: false,
      ca: undefined,
    }],
    [{ CAFile: "/nowhere", InsecureSkipVerify: true }, { verify: false, ca: undefined }, {
      verify: false,
      ca: undefined,
    }],
  ];
  for (const [TLSConfig, always, asDocker] of cases) {
    assert.equal(await tls({ Addr, TLSConfig }, "always"), always, JSON.stringify(TLSConfig));
    assert.equal(await tls({ Addr, TLSConfig }, "as-docker"), asDocker, JSON.stringify(TLSConfig));
  }
});

test("the plugin's client has a certificate of its own", async () => {
  const TLSConfig = { CertFile: file("client.pem"), KeyFile: file("client.key") };
  const { cert, key } = await tls({ Addr, TLSConfig }, "always");
  assert.is(cert, await readFile(TLSConfig.CertFile, "utf8"));
  assert.is(key, await readFile(TLSConfig.KeyFile, "utf8"));
});

test("files that are of no use are an error, before anything is connected", async () => {
  await folder.write({ "garbage.pem": "nonsense", "big.pem": "x".repeat(2 << 20) });
  const garbage = join(folder.path, "garbage.pem");
  const cases: [config: object, message: RegExp][] = [
    [{ CAFile: "missing.pem" }, /there is no such file/],
    [{ CAFile: garbage }, /garbage\.pem" is no certificate/],
    [{ CAFile: join(folder.path, "big.pem") }, /at most 1048576 are allowed/],
    [{ CAFile: folder.path }, /it is a folder/],
    [{ CertFile: file("client.pem") }, /only of use together/],
    [{ KeyFile: file("client.key") }, /only of use together/],
    [{ CertFile: garbage, KeyFile: file("client.key") }, /is no certificate/],
    [{ CertFile: file("client.pem"), KeyFile: garbage }, /is none in PEM/],
    [{ CertFile: file("client.pem"), KeyFile: file("server.key") }, /that of another certificate/],
  ];
  for (const [TLSConfig, message] of cases) {
    const error = await errorOf(tls({ Addr, TLSConfig }, "always"));
    assert.is(error.code, "docker.spec-invalid");
    assert.match(error.message, message);
  }
});

test("an address without TLS that says how to use TLS is refused, where Docker would not use it", async () => {
  const TLSConfig = { CAFile: file("ca.pem") };
  for (const scheme of ["tcp", "http"]) {
    const spec = { Addr: `${scheme}://127.0.0.1:1`, TLSConfig };
    assert.is((await errorOf(tls(spec, "always"))).code, "docker.spec-invalid");
    assert.is((await tls(spec, "as-docker")).verify, true);
  }
  assert.is((await tls({ Addr: "unix:///run/a.sock", TLSConfig }, "always")).verify, true);
});

test.run();
