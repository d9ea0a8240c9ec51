import * as assert from "uvu/assert";
import { sha256Digest } from "../../../src/digest.ts";
import { DOCUMENT_KINDS, type DocumentKind } from "../../../src/document/kind.ts";
import type { ErrorCode } from "../../../src/plugin-error.ts";
import { suite } from "../../support/suite.ts";
import { failure, place, read, readOne } from "../read.ts";

const test = suite("document/parse/kind");

interface Example {
  readonly file: string;
  readonly valid: string;
  /** The subject's name. */
  readonly subject: string;
  readonly mediaType: string;
  /** What says to be of the kind and is not. */
  readonly malformed: string;
  readonly code?: ErrorCode;
  /** What looks like the kind and is of another. */
  readonly lookAlike: string;
  readonly lookAlikeFile?: string;
  readonly is: DocumentKind;
}

const EXAMPLES: { readonly [kind in DocumentKind]: Example } = {
  "kubernetes": {
    file: "web.yaml",
    valid: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n",
    subject: "Pod/web",
    mediaType: "application/yaml",
    malformed: "apiVersion: v1\nkind: PodList\nitems: [1]\n",
    lookAlike: "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    is: "yaml",
  },
  "compose": {
    file: "stack.yaml",
    valid: "services:\n  web:\n    image: nginx\n",
    subject: "stack.yaml",
    mediaType: "application/yaml",
    malformed: "services:\n  web:\n    image: nginx\n    image: httpd\n",
    code: "document.duplicate-key",
    lookAlike: "services:\n  app.mailer:\n    class: Mailer\n    arguments: [a]\n",
    is: "yaml",
  },
  "dockerfile": {
    file: "Dockerfile",
    valid: "FROM alpine\nRUN true\n",
    subject: "Dockerfile",
    mediaType: "text/x-dockerfile",
    malformed: "FROM alpine\nRUNS true\n",
    lookAlike: "from: alpine\nrun: true\n",
    lookAlikeFile: "build",
    is: "yaml",
  },
  "cyclonedx": {
    file: "bom.json",
    valid:
      '{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"a","version":"1"}}}',
    subject: "a@1",
    mediaType: "application/vnd.cyclonedx+json",
    malformed: '{"bomFormat":"CycloneDX"}',
    lookAlike: '{"format":"CycloneDX","specVersion":"1.6","components":[]}',
    is: "json",
  },
  "spdx": {
    file: "sbom.json",
    valid: '{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"a"}',
    subject: "a",
    mediaType: "application/spdx+json",
    malformed: '{"spdxVersion":"SPDX-2.3","name":"a"}',
    lookAlike: '{"license":"MIT","spdxVersion":"2.3"}',
    is: "json",
  },
  "in-toto": {
    file: "a.intoto.jsonl",
    valid:
      '{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a"}],"predicateType":"x"}',
    subject: "a",
    mediaType: "application/vnd.in-toto+json",
    malformed:
      '{"payloadType":"application/vnd.in-toto+json","payload":"cHJvc2U=","signatures":[{"sig":"a"}]}',
    lookAlike: '{"type":"https://in-toto.io/Statement/v1","predicate_type":"x"}',
    is: "json",
  },
  "cipd.pin": {
    file: "cipd.ensure",
    valid: `a/b ${"deadbeef".repeat(5)}\n`,
    subject: "a/b",
    mediaType: "text/plain",
    malformed: "a/b\n",
    lookAlike: "a/b: latest\n",
    lookAlikeFile: "x",
    is: "yaml",
  },
  "cipd.package": {
    file: "cipd.yaml",
    valid: "package: a/b\ndata:\n- dir: .\n",
    subject: "a/b",
    mediaType: "application/yaml",
    malformed: "package: a/b\ninstall_mode: no\ndata:\n- dir: .\n",
    lookAlike: "package: a/b\ndata: [x]\n",
    is: "yaml",
  },
  "docker.request": {
    file: "call.json",
    valid: '{"method":"POST","path":"/containers/create","body":{"Image":"a"}}',
    subject: "POST /containers/create",
    mediaType: "application/json",
    malformed: '{"method":"POST","path":"/containers//create"}',
    lookAlike: '{"method":"POST","path":"/users"}',
    is: "json",
  },
  "docker.response": {
    file: "answer.json",
    valid: '{"method":"GET","path":"/info","status":200,"body":{}}',
    subject: "GET /info",
    mediaType: "application/json",
    malformed: '{"method":"GET","path":"/info?x","status":200}',
    lookAlike: '{"method":"GET","path":"/","status":200}',
    is: "json",
  },
  "docker.config": {
    file: "create.json",
    valid: '{"Image":"a","HostConfig":{"Privileged":true}}',
    subject: "create.json",
    mediaType: "application/json",
    malformed: '{"Image":"a","HostConfig":{"Privileged":false,"privileged":true}}',
    code: "document.duplicate-key",
    lookAlike: '{"image":"a","command":["b"]}',
    is: "json",
  },
  "cni.config": {
    file: "10-net.conflist",
    valid: '{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"bridge"}]}',
    subject: "10-net.conflist",
    mediaType: "application/json",
    malformed: '{"cniVersion":"1.0.0","name":"net","plugins":[{"bridge":"x"}]}',
    lookAlike: '{"name":"net","type":"bridge"}',
    is: "json",
  },
  "ocm.component": {
    file: "component-descriptor.yaml",
    valid: "meta: {schemaVersion: v2}\ncomponent: {name: a.org/b, version: 1.0.0}\n",
    subject: "a.org/b:1.0.0",
    mediaType: "application/yaml",
    malformed: "apiVersion: ocm.software/v3alpha1\nkind: ComponentVersion\nmetadata: {}\n",
    lookAlike: "apiVersion: delivery.ocm.software/v1alpha1\nkind: ComponentVersion\n",
    is: "kubernetes",
  },
  "json": {
    file: "a.json",
    valid: '{"a":1}',
    subject: "a.json",
    mediaType: "application/json",
    malformed: "{'a':1}",
    lookAlike: "{'a': 1}\n",
    lookAlikeFile: "a.yaml",
    is: "yaml",
  },
  "yaml": {
    file: "a.yaml",
    valid: "a: 1\n",
    subject: "a.yaml",
    mediaType: "application/yaml",
    malformed: "a: [\n",
    lookAlike: '{"a": 1}\n',
    is: "json",
  },
  "toml": {
    file: "a.toml",
    valid: "a = 1\n",
    subject: "a.toml",
    mediaType: "application/toml",
    malformed: "a = \n",
    lookAlike: "[1, 2]\n",
    lookAlikeFile: "a",
    is: "json",
  },
};

for (const kind of DOCUMENT_KINDS) {
  const example = EXAMPLES[kind];

  test(`parseDocuments() recognises ${kind}`, async () => {
    const document = await readOne(example.file, example.valid);
    assert.is(document.kind, kind);
    assert.is(document.subject.name, example.subject);
    assert.is(document.subject.source, example.file);
    assert.is(document.mediaType, example.mediaType);
    assert.is(document.input, example.file);
    assert.is(document.index, 0);
    assert.is(document.inputDigest, await sha256Digest(new TextEncoder().encode(example.valid)));
    assert.is(place(document), "1:1");
  });

  test(`parseDocuments() reads ${kind} when that is the forced kind`, async () => {
    assert.is((await readOne(example.file, example.valid, { kind })).kind, kind);
  });

  test(`parseDocuments() refuses what says to be ${kind} and is not`, async () => {
    const wanted = example.code ?? "document.malformed";
    assert.match(await failure(() => read(example.file, example.malformed)), `${wanted} `);
  });

  test(`parseDocuments() takes what looks like ${kind} for ${example.is}`, async () => {
    const document = await readOne(example.lookAlikeFile ?? example.file, example.lookAlike)
      .catch((error) => error);
    assert.is(document.kind, example.is, document.message);
  });
}

for (
  const [kind, name, text] of [
    ["kubernetes", "a.json", '{"a":1}'],
    ["compose", "a.yaml", "a: 1\n"],
    ["dockerfile", "x", '{"a":1}'],
    ["cyclonedx", "a.json", "{}"],
    ["spdx", "a.json", "{}"],
    ["in-toto", "a.json", "{}"],
    ["cipd.pin", "a.json", "{}"],
    ["cipd.package", "a.yaml", "a: 1\n"],
    ["docker.request", "a.json", "{}"],
    ["docker.response", "a.json", '{"method":"GET","path":"/info"}'],
    ["docker.config", "a.yaml", "- a: 1\n"],
    ["cni.config", "a.json", '{"type":"bridge"}'],
    ["ocm.component", "a.yaml", "a: 1\n"],
    ["json", "a.yaml", "a: 1\n"],
    ["yaml", "a.toml", "[a\n"],
    ["toml", "a.yaml", "a: 1\n"],
  ] as const
) {
  test(`parseDocuments() says that ${JSON.stringify(text)} is no ${kind}`, async () => {
    assert.match(
      await failure(
        () => read(name, text, { kind }),
        new RegExp(`^Reading the document as ${kind} failed: `),
      ),
      /^document\.kind-mismatch \d+:\d+$/,
    );
  });
}

test("parseDocuments() takes what the forced kind can be, though it does not say so", async () => {
  for (
    const [kind, name, text] of [
      ["compose", "a.yaml", "services: {}\n"],
      ["cipd.package", "a.yaml", "package: a/b\n"],
      ["cni.config", "a", '{"name":"net","type":"bridge"}'],
      ["json", "a.yaml", '{"apiVersion":"v1","kind":"Pod"}'],
      ["yaml", "a.json", '{"apiVersion":"v1","kind":"Pod"}'],
    ] as const
  ) {
    assert.is((await readOne(name, text, { kind })).kind, kind);
  }
});

test("parseDocuments() refuses a document that says to be of two kinds", async () => {
  const both = '{"bomFormat":"CycloneDX","specVersion":"1.6","apiVersion":"v1","kind":"Pod"}';
  assert.is(
    await failure(() => read("a.json", both), /kubernetes and cyclonedx/),
    "document.malformed 1:1",
  );
  assert.is((await readOne("a.json", both, { kind: "kubernetes" })).kind, "kubernetes");
});

test.run();
