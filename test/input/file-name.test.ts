import * as assert from "uvu/assert";
import { looksLikeDocument } from "../../src/input/file-name.ts";
import { suite } from "../support/suite.ts";

const test = suite("input/file-name");

const DOCUMENTS = [
  "web.yaml",
  "web.yml",
  "WEB.YAML",
  ".hidden.yaml",
  "bom.json",
  "bom.cdx.json",
  "bom.spdx",
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

test.run();
