import * as assert from "uvu/assert";
import { beginsLikeObject, isConf, looksLikeDocument } from "../../src/input/file-name.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/file-name");

const DOCUMENTS = [
  "web.yaml",
  "web.yml",
  "WEB.YAML",
  ".hidden.yaml",
  "bom.json",
  "bom.cdx.json",
  "bom.spdx.json",
  "build.intoto.jsonl",
  "build.slsa",
  "image.sigstore",
  "policy.toml",
  "10-bridge.conf",
  "10-bridge.conflist",
  "fuchsia.ensure",
  "cipd_manifest.versions",
  "cipd_manifest.txt",
  "goma-cipd_manifest.txt",
  "ensure_file",
  "codesign-ensure_file",
  "device-ensure_file_windows",
  "Dockerfile",
  "dockerfile",
  "Dockerfile.web",
  "Dockerfile-alpine",
  "Dockerfile_dev",
  "Dockerfile.ignore",
  "web.Dockerfile",
  "web.dockerfile",
  "Containerfile",
  "Containerfile.arm64",
];

const OTHERS = [
  "README.md",
  "main.go",
  "notes.txt",
  "plugin.wasm",
  "yaml",
  "web.yaml.bak",
  "Dockerfile.dockerignore",
  ".dockerignore",
  "Dockerfiles",
  "bom.spdx",
  "mydockerfile",
  "censure_files",
  "json.ts",
];

for (const name of DOCUMENTS) {
  test(`looksLikeDocument() takes ${name}`, () => {
    assert.is(looksLikeDocument(name), true);
  });
}

for (const name of OTHERS) {
  test(`looksLikeDocument() passes over ${name}`, () => {
    assert.is(looksLikeDocument(name), false);
  });
}

test("isConf() knows a .conf, and no .conflist", () => {
  assert.equal(["a.conf", "A.CONF", "a.conflist", "conf"].map(isConf), [true, true, false, false]);
});

const utf16 = (text: string) =>
  new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);
const utf8 = (text: string) => new TextEncoder().encode(text);

const BEGINNINGS: readonly [string, Uint8Array, boolean][] = [
  ["an object", utf8('{"a": 1}'), true],
  ["an object behind white space", utf8(' \t\r\n{"a": 1}'), true],
  ["an object behind a byte-order mark", utf8("\ufeff{}"), true],
  ["an object in UTF-16", utf16("\ufeff{}"), true],
  ["a server's configuration", utf8("server {\n}\n"), false],
  ["a comment", utf8("# {}"), false],
  ["nothing", utf8(""), false],
];

for (const [what, bytes, expected] of BEGINNINGS) {
  test(`beginsLikeObject() says ${expected} of ${what}`, () => {
    assert.is(beginsLikeObject(bytes), expected);
  });
}

test.run();
