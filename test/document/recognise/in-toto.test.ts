import * as assert from "uvu/assert";
import { sha256Digest } from "../../../src/digest.ts";
import type { JsonObject } from "../../../src/json.ts";
import { suite } from "../../support/suite.ts";
import { failure, place, read, readOne } from "../read.ts";

const test = suite("document/recognise/in-toto");

const DIGEST = "ab".repeat(32);
const STATEMENT = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{
    name: "registry.example.com/app",
    digest: { sha1: "cd", sha256: DIGEST.toUpperCase() },
  }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: { n: 1 },
};

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const digestOf = (text: string) => sha256Digest(new TextEncoder().encode(text));

function envelope(payload: string, change: JsonObject = {}): JsonObject {
  return {
    payloadType: "application/vnd.in-toto+json",
    payload,
    signatures: [{ keyid: "k", sig: "c2ln" }],
    ...change,
  };
}

function bundle(inner: JsonObject = envelope(base64(JSON.stringify(STATEMENT)))): JsonObject {
  return {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { certificate: { rawBytes: "AA==" } },
    dsseEnvelope: inner,
  };
}

test("a statement names its first subject and that one's digest", async () => {
  const document = await readOne("a.json", STATEMENT);
  assert.is(document.kind, "in-toto");
  assert.equal(document.object, STATEMENT);
  assert.equal(document.subject, {
    name: "registry.example.com/app",
    digest: `sha256:${DIGEST}`,
    source: "a.json",
  });
  assert.is(document.mediaType, "application/vnd.in-toto+json");
  assert.equal(document.evidence, []);
});

test("a subject goes by its URI, or the file's name, and any digest", async () => {
  const named = async (subject: JsonObject[]) =>
    (await readOne("a.json", { ...STATEMENT, subject })).subject;
  assert.equal(await named([{ uri: "pkg:npm/x@1" }]), { name: "pkg:npm/x@1", source: "a.json" });
  assert.equal(await named([{ digest: { sha512: "EF" } }]), {
    name: "a.json",
    digest: "sha512:ef",
    source: "a.json",
  });
  assert.equal(await named([]), { name: "a.json", source: "a.json" });
});

test("a DSSE envelope is opened, and stays unverified evidence", async () => {
  const payload = base64(JSON.stringify(STATEMENT));
  const text = JSON.stringify(envelope(payload));
  const document = await readOne("a.json", text);
  assert.equal(document.object, STATEMENT);
  assert.equal(document.evidence, [{
    mediaType: "application/vnd.dsse.envelope.v1+json",
    digest: await digestOf(text),
    verified: false,
    body: {
      payloadType: "application/vnd.in-toto+json",
      signatures: [{ keyid: "k", sig: "c2ln" }],
    },
  }]);
});

test("everything in an opened statement stands in the payload", async () => {
  const text = JSON.stringify(envelope(base64(JSON.stringify(STATEMENT))), null, 1);
  const document = await readOne("a.json", text);
  for (const pointer of ["", "/subject/0/name", "/nothing"]) {
    assert.is(place(document, pointer), "3:13");
  }
});

test("a payload may be in the URL alphabet and without padding", async () => {
  const statement = { ...STATEMENT, predicate: { text: "???>>>~~~" } };
  const payload = base64(JSON.stringify(statement));
  assert.match(payload, /[+/]/);
  const url = payload.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  assert.equal((await readOne("a.json", envelope(url))).object, statement);
});

test("a Sigstore bundle is opened; its material is the evidence", async () => {
  const document = await readOne("a.sigstore", bundle());
  assert.equal(document.object, STATEMENT);
  assert.equal(document.evidence.map((one) => [one.mediaType, one.verified, one.body]), [[
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    false,
    {
      verificationMaterial: { certificate: { rawBytes: "AA==" } },
      dsseEnvelope: {
        payloadType: "application/vnd.in-toto+json",
        signatures: [{ keyid: "k", sig: "c2ln" }],
      },
    },
  ]]);
});

test("an answer of the npm registry holds a statement for each attestation", async () => {
  const other = bundle(
    envelope(base64(JSON.stringify({ ...STATEMENT, subject: [{ name: "b" }] }))),
  );
  const text = JSON.stringify({
    attestations: [{ predicateType: "x", bundle: bundle() }, { predicateType: "y", bundle: other }],
  });
  const documents = await read("a.json", text);
  assert.equal(documents.map((d) => d.subject.name), ["registry.example.com/app", "b"]);
  assert.is(documents[1]!.evidence[0]!.digest, await digestOf(JSON.stringify(other)));
  assert.is(place(documents[1]!), `1:${text.lastIndexOf('"payload":') + 11}`);
});

test("JSON Lines hold an envelope on each line", async () => {
  const line = JSON.stringify(envelope(base64(JSON.stringify(STATEMENT))));
  const documents = await read("a.intoto.jsonl", `${line}\n${line}\n`);
  assert.equal(documents.map((d) => d.kind), ["in-toto", "in-toto"]);
  assert.is(documents[1]!.evidence[0]!.digest, await digestOf(line));
});

for (
  const [name, object, wanted] of [
    ["a payload that is prose", envelope(base64("prose")), /^document\.malformed 1:\d+$/],
    ["a payload that is no statement", envelope(base64("{}")), /^document\.malformed 1:\d+$/],
    [
      "a payload in protojson's spelling",
      envelope(base64('{"type":"https://in-toto.io/Statement/v1"}')),
      /^document\.malformed /,
    ],
    ["broken base64", envelope("e30" + "*"), /^document\.malformed /],
    ["base64 with a line break", envelope("e3\n0="), /^document\.malformed /],
    ["a payload that is no string", envelope("", { payload: 1 }), /^document\.malformed /],
    ["a payload that is not UTF-8", envelope("/w=="), /^document\.encoding /],
    [
      "a payload with duplicate keys",
      envelope(base64('{"a":1,"a":2}')),
      /^document\.duplicate-key /,
    ],
    ["a payload too deep", envelope(base64("[".repeat(300))), /^document\.too-deep /],
    [
      "no signatures",
      envelope(base64(JSON.stringify(STATEMENT)), { signatures: null }),
      /^document\.malformed /,
    ],
    [
      "a signature without bytes",
      envelope(base64(JSON.stringify(STATEMENT)), { signatures: [{}] }),
      /^document\.malformed /,
    ],
    [
      "a statement without a predicate type",
      { ...STATEMENT, predicateType: "" },
      /^document\.malformed 1:1$/,
    ],
    ["a statement without subjects", { ...STATEMENT, subject: {} }, /^document\.malformed 1:1$/],
    ["an attestation that is no bundle of a statement", {
      attestations: [{ bundle: bundle() }, { bundle: { messageSignature: {} } }],
    }, /^document\.malformed /],
  ] as const
) {
  test(`an attestation with ${name} is refused`, async () => {
    assert.match(await failure(() => read("a.json", object as JsonObject)), wanted);
  });
}

for (
  const [name, object] of [
    ["a bundle of a bare signature", { ...bundle(), dsseEnvelope: null, messageSignature: {} }],
    ["an envelope of something else", envelope(base64("{}"), { payloadType: "text/plain" })],
    ["protojson's spelling", { type: STATEMENT._type, predicate_type: "x", subject: [] }],
    ["a bare predicate", { builder: {}, buildType: "x" }],
  ] as const
) {
  test(`${name} is plain JSON`, async () => {
    assert.is((await readOne("a.json", object as unknown as JsonObject)).kind, "json");
  });
}

test.run();
