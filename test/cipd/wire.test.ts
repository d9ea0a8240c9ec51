import * as assert from "uvu/assert";
import {
  LIST_ADMISSIONS,
  LIST_METADATA,
  LOG,
  parseHandshake,
  RESOLVE_ADMISSION,
} from "../../src/cipd/wire.ts";
import { suite } from "../support/suite.ts";

const test = suite("wire");

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** Bytes as protoc's own encoders write them. */
test("messages have the numbers of CIPD's protocol", () => {
  assert.is(
    hex(LIST_ADMISSIONS.request.encode({ protocolVersion: 1, pluginVersion: "v" })),
    "0801" + "120176",
  );
  assert.is(
    hex(LIST_ADMISSIONS.response.encode({
      admissionId: "i",
      serviceUrl: "s",
      package: "p",
      instance: { hashAlgo: 2, hexDigest: "ab" },
    })),
    "0a0169" + "120173" + "1a0170" + "2206" + "0802" + "12026162",
  );
  assert.is(
    hex(RESOLVE_ADMISSION.request.encode({ admissionId: "i", status: { code: 9, message: "m" } })),
    "0a0169" + "1205" + "0809" + "12016d",
  );
  assert.is(hex(RESOLVE_ADMISSION.request.encode({ admissionId: "i", status: null })), "0a0169");
  assert.is(
    hex(LOG.request.encode({ severity: "info", message: "m" })),
    "0a04696e666f" + "12016d",
  );
  assert.is(
    hex(LIST_METADATA.request.encode({
      serviceUrl: "s",
      package: "p",
      instance: null,
      keys: ["a", "b"],
      pageSize: 20,
      pageToken: "t",
    })),
    "0a0173" + "120170" + "220161" + "220162" + "a00114" + "aa010174",
  );
});

test("responses are read with all their fields, and with none", () => {
  const entry = {
    key: "k",
    value: Uint8Array.of(0, 255),
    contentType: "t",
    fingerprint: "",
    attachedBy: "",
    attachedTs: { seconds: 1_600_000_000, nanos: 5 },
  };
  const page = { metadata: [entry], nextPageToken: "next" };
  const bytes = LIST_METADATA.response.encode(page);
  assert.throws(() => LIST_METADATA.response.decode(bytes.subarray(0, 1)));
  const read = LIST_METADATA.response.decode(bytes);
  assert.equal([...read.metadata[0]!.value], [0, 255]);
  assert.equal({ ...read.metadata[0]!, value: entry.value }, entry);
  assert.is(read.nextPageToken, "next");
  assert.equal(LIST_METADATA.response.decode(new Uint8Array(0)), {
    metadata: [],
    nextPageToken: "",
  });
  assert.equal(LIST_ADMISSIONS.response.decode(new Uint8Array(0)), {
    admissionId: "",
    serviceUrl: "",
    package: "",
    instance: null,
  });
});

test("parseHandshake() takes what a host writes, and nothing else", () => {
  assert.equal(parseHandshake('{ "ticket":"a+/b",  "port":65535 }\r'), {
    port: 65535,
    ticket: "a+/b",
  });
  for (const line of ["", "{}", "null", "1", '{"port":1}', '{"port":1.5,"ticket":"x"}']) {
    assert.is(parseHandshake(line), undefined, line);
  }
});

test.run();
