import * as assert from "uvu/assert";
import {
  isCipdPackage,
  isCipdPackageTemplate,
  isCipdVersion,
  readCipdInstanceId,
} from "../../src/document/cipd-instance.ts";
import { suite } from "../support/suite.ts";

const test = suite("document/cipd-instance");

const SHA256_ID = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

test("readCipdInstanceId() reads both forms", () => {
  assert.equal(readCipdInstanceId("deadbeef".repeat(5)), {
    hashAlgo: "SHA1",
    hexDigest: "deadbeef".repeat(5),
  });
  assert.equal(readCipdInstanceId(SHA256_ID), {
    hashAlgo: "SHA256",
    hexDigest: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
  });
});

for (
  const [name, id] of [
    ["upper-case SHA-1", "DEADBEEF".repeat(5)],
    ["39 digits", "deadbeef".repeat(5).slice(1)],
    ["another algorithm", `${SHA256_ID.slice(0, -1)}D`],
    ["the standard alphabet", SHA256_ID.replace("-", "+")],
    ["padding", `${SHA256_ID}=`],
    ["a ref", "latest"],
    ["nothing", ""],
  ] as const
) {
  test(`readCipdInstanceId() refuses ${name}`, () => {
    assert.is(readCipdInstanceId(id), undefined);
  });
}

test("isCipdPackage() and isCipdPackageTemplate() know the client's names", () => {
  for (const name of ["a", "infra/tools/cipd", "a.b/c-d_e"]) assert.ok(isCipdPackage(name), name);
  for (const name of ["", "/a", "a/", "A", "a//b", "a/../b", "a b", "a+b", "x/${os}"]) {
    assert.not(isCipdPackage(name), name);
  }
  for (const name of ["x/${platform}", "x/${os}-${arch}", "x/${os=mac,linux}"]) {
    assert.ok(isCipdPackageTemplate(name), name);
  }
  for (const name of ["${os}/x", "x/${user}", "x/${os", "x/$os"]) {
    assert.not(isCipdPackageTemplate(name), name);
  }
});

test("isCipdVersion() takes instance IDs, refs and tags", () => {
  for (const version of [SHA256_ID, "latest", "refs/heads/main", "version:2@1.8.2", "a:b c"]) {
    assert.ok(isCipdVersion(version), version);
  }
  for (const version of ["", "Latest", "a: b", "a:b ", "A:b", "a:b#c", `a:${"x".repeat(400)}`]) {
    assert.not(isCipdVersion(version), version);
  }
});

test.run();
