import * as assert from "uvu/assert";
import { sha256Digest } from "../../src/digest.ts";
import { suite } from "../support/suite.ts";
import { failure, place, read, readOne } from "./read.ts";

const test = suite("document/parse");

test("parseDocuments() recognises CNI, OCM, CIPD and compose in their other forms", async () => {
  for (
    const [name, text, kind, subject] of [
      ["a", '{"cniVersion":"0.3.1","name":"n","type":"bridge"}', "cni.config", "a"],
      ["a", '{"name":"n","type":"flannel","delegate":{"type":"x"}}', "cni.config", "a"],
      ["a.conflist", '{"name":"n","plugins":[{"type":"x"}]}', "cni.config", "a.conflist"],
      [
        "a.yaml",
        "components:\n- {name: a.org/b, version: 1.0.0, provider: {name: c}}\n",
        "ocm.component",
        "a.org/b:1.0.0",
      ],
      [
        "a.yaml",
        "name: a.org/b\nversion: 1.0.0\nprovider: c\nresources: []\n",
        "ocm.component",
        "a.org/b:1.0.0",
      ],
      [
        "a.yaml",
        "apiVersion: ocm.software/v3alpha1\nkind: ComponentVersion\nmetadata: {name: a.org/b}\n",
        "ocm.component",
        "a.org/b",
      ],
      ["a.json", `{"package":"a/b","instanceId":"${"deadbeef".repeat(5)}"}`, "cipd.pin", "a/b"],
      ["compose.override.yaml", "services:\n  web:\n", "compose", "compose.override.yaml"],
      [
        "a.json",
        '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"SpdxDocument","name":"x"}]}',
        "spdx",
        "x",
      ],
    ] as const
  ) {
    const document = await readOne(name, text);
    assert.is(document.kind, kind, text);
    assert.is(document.subject.name, subject, text);
  }
});

for (
  const [name, file, text] of [
    ["a conflist without plugins", "a.conflist", '{"cniVersion":"1.0.0","name":"n","pugins":[]}'],
    ["a conflist with comments", "a.conflist", '{"name":"n", // x\n"plugins":[]}'],
    ["a pin whose ID is none", "a.json", '{"package":"a/b","instanceId":"latest"}'],
    [
      "a pin whose hash is another",
      "a.json",
      `{"package":"a","instanceId":"${"deadbeef".repeat(5)}","hexDigest":"00"}`,
    ],
    ["a pin of no package", "a.json", `{"package":"A","instanceId":"${"deadbeef".repeat(5)}"}`],
    [
      "an octal number in a compose file",
      "a.yaml",
      "services:\n  web:\n    image: a\n    mode: 0444\n",
    ],
    ["prose", "README", "Once upon a time\n"],
    ["broken text of no known kind", "notes", "a: b: c\n"],
  ] as const
) {
  test(`parseDocuments() refuses ${name}`, async () => {
    assert.match(await failure(() => read(file, text)), /^document\.malformed \d+:\d+$/);
  });
}

for (
  const [name, file, text] of [
    ["one service among others", "a.yaml", "services:\n  a: {image: x}\n  b: {platform: y}\n"],
    [
      "one service that is known",
      "a.yaml",
      "services:\n  a: {use_api_socket: true}\n  b: {x: y}\n",
    ],
    ["a hook alone", "a.yaml", "services:\n  a: {post_start: [{command: x}]}\n"],
    ["volumes alone, by its name", "compose.yaml", "volumes:\n  a: {}\nx-y: 1\n"],
  ] as const
) {
  test(`parseDocuments() takes a file of ${name} for a compose file`, async () => {
    assert.is((await readOne(file, text)).kind, "compose");
  });
}

test("parseDocuments() takes a whole stream for a compose file when one document is", async () => {
  const text = "services:\n  a: {image: x}\n---\nservices:\n  a: {odd: true}\n---\nvolumes: {}\n";
  assert.equal((await read("a.yaml", text)).map((document) => document.kind), [
    "compose",
    "compose",
    "compose",
  ]);
  assert.is((await readOne("a.yaml", "services:\n  a: {odd: true}\n")).kind, "yaml");
});

test("parseDocuments() reads Compose's own tags in its files alone", async () => {
  const text = "services:\n  a:\n    image: !override x\n    ports: !reset []\n" +
    "    volumes: !override [a]\n    x: !reset\n";
  assert.equal((await readOne("a.yaml", text)).object, {
    services: { a: { image: "x", ports: null, volumes: ["a"], x: null } },
  });
  assert.is(
    await failure(() => read("a.yaml", "a: !reset b\n"), /"!reset"/),
    "document.malformed 1:11",
  );
  assert.is(
    await failure(() => read("a.yaml", "services: {a: {image: !x b}}\n"), /"!x"/),
    "document.malformed 1:26",
  );
});

test("parseDocuments() gives a CNI configuration libcni's spelling", async () => {
  const document = await readOne(
    "a.json",
    '{"CNIVersion":"1.0.0","Name":"n","Type":"host-device","Ipam":{"TYPE":"x"},"my":1}',
  );
  assert.is(document.kind, "cni.config");
  assert.equal(document.object, {
    cniVersion: "1.0.0",
    name: "n",
    type: "host-device",
    ipam: { type: "x" },
    my: 1,
  });
  assert.is(place(document, "/type"), "1:34");
  for (
    const text of [
      '{"cniVersion":"1.0.0","name":"n","type":"bridge","Type":"host-device"}',
      '{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge","Type":"host-device"}]}',
    ]
  ) {
    assert.match(await failure(() => read("a.conf.json", text)), /^document\.duplicate-key 1:/);
  }
});

test("parseDocuments() finds SPDX's context in a list of several", async () => {
  const document = await readOne("a.json", {
    "@context": ["https://example.org/x", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"],
    "@graph": [],
  });
  assert.is(document.kind, "spdx");
});

test("parseDocuments() reads a compose file's words as Compose does", async () => {
  const document = await readOne("a.yaml", "services:\n  web:\n    image: a\n    restart: no\n");
  assert.equal(document.object, { services: { web: { image: "a", restart: "no" } } });
});

test("parseDocuments() completes a pin, and digests its subject", async () => {
  const id = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";
  const hexDigest = "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447";
  const document = await readOne("a.json", {
    package: "a/b",
    instanceId: id,
    serviceUrl: "https://x",
  });
  assert.equal(document.object, {
    package: "a/b",
    instanceId: id,
    serviceUrl: "https://x",
    hashAlgo: "SHA256",
    hexDigest,
  });
  assert.is(document.subject.digest, `sha256:${hexDigest}`);
  const [moving] = await read("x.ensure", "a/b latest\nc/d latest\n");
  assert.is(moving!.subject.digest, undefined);
});

for (
  const [name, file, text] of [
    ["an empty file", "a.json", ""],
    ["white space", "a.yaml", " \n\t\n"],
    ["comments in YAML", "a.yaml", "# a\n---\n# b\n"],
    ["comments in TOML", "a.toml", "# a\n"],
    ["comments in a Dockerfile", "Dockerfile", "# a\n"],
    ["comments in an ensure file", "a.ensure", "# a\n"],
    ["comments in a file of no known kind", "a", "# a\n"],
    ["a byte-order mark", "a.json", "\uFEFF"],
  ] as const
) {
  test(`parseDocuments() finds no document in ${name}`, async () => {
    assert.equal(await read(file, text), []);
    assert.equal(await read("a", text, { kind: "kubernetes" }), []);
  });
}

test("parseDocuments() reads UTF-16 and counts its columns", async () => {
  const text = '\uFEFF{\n "ü😀": 1, "a": 2}';
  const bytes = new Uint8Array(
    Uint16Array.from(text.split(""), (unit) => unit.charCodeAt(0))
      .buffer,
  );
  const document = await readOne("a.json", bytes);
  assert.equal(document.object, { "ü😀": 1, "a": 2 });
  assert.is(place(document, "/a"), "2:12");
});

test("parseDocuments() digests the bytes of a file that holds one document", async () => {
  const text = "a: 1\r\n";
  const digest = await sha256Digest(new TextEncoder().encode(text));
  assert.is((await readOne("a.yaml", text)).subject.digest, digest);
  for (const document of await read("a.yaml", "a: 1\n---\nb: 2\n")) {
    assert.is(document.subject.digest, undefined);
  }
});

test("parseDocuments() locates a pointer's nearest ancestor, and nothing for what is no pointer", async () => {
  const document = await readOne("a.yaml", "a:\n  b: 1\n");
  assert.is(place(document, "/a/b/c/d"), "2:3");
  assert.is(place(document, ""), "1:1");
  assert.is(place(document, "a"), "nowhere");
  assert.is(place(document, "/~2"), "nowhere");
});

test("parseDocuments() bounds the size before it decodes", async () => {
  const limits = { inputBytes: 4, depth: 5, aliasedNodes: 5 };
  assert.is(
    await failure(() => read("a.json", "\xff\xff\xff", { limits })),
    "input.too-large ?:?",
  );
  assert.is((await read("a.json", "1234", { limits })).length, 1);
});

for (const name of ["Dockerfile", "x.ensure", "a.toml"]) {
  test(`parseDocuments() bounds the length of ${name}`, async () => {
    assert.is(
      await failure(() => read(name, "# comment\n".repeat(500_000))),
      "input.too-large 1:1",
    );
  });
}

test("parseDocuments() keeps the caller's bounds", async () => {
  const limits = { inputBytes: 100, depth: 2, aliasedNodes: 5 };
  for (
    const [name, text] of [["a.json", "[[[]]]"], ["a.yaml", "a: [[]]"], [
      "a.toml",
      "a = [[]]",
    ]] as const
  ) {
    assert.match(await failure(() => read(name, text, { limits })), /^document\.too-deep 1:\d+$/);
  }
  assert.match(
    await failure(() => read("a.yaml", "- &a [1, 2]\n- *a\n- *a\n", { limits })),
    /^document\.too-many-aliases 3:3$/,
  );
});

test("parseDocuments() survives members named like those of every object", async () => {
  const names = ["toString", "valueOf", "constructor", "__proto__", "hasOwnProperty"];
  const trap = `{${names.map((name) => `"${name}":null`).join()}}`;
  const keys = [
    "$schema",
    "mediaType",
    "spdxVersion",
    "_type",
    "bomFormat",
    "@context",
    "operation",
    "uid",
    "kind",
    "apiVersion",
    "method",
    "path",
    "provider",
    "name",
    "type",
    "cniVersion",
    "plugins",
    "payloadType",
    "meta",
    "services",
    "attestations",
    "dsseEnvelope",
    "rootfs",
    "schemaVersion",
  ];
  for (const key of keys) {
    const document = await readOne("a.json", `{"${key}":${trap},"x":[${trap}]}`);
    assert.is(document.kind, "json");
  }
  assert.is((await readOne("a.json", trap)).kind, "json");
});

test.run();
