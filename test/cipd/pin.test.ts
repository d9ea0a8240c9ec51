import * as assert from "uvu/assert";
import { checkPin, instanceIdOf, objectRefOf, pinDocument } from "../../src/cipd/pin.ts";
import { suite } from "../support/suite.ts";

const test = suite("pin");

/** From luci-go, cipd/common/iid_test.go and this project's own reckoning. */
const SHA256 = {
  instanceId: "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC",
  ref: {
    hashAlgo: 2,
    hexDigest: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
  },
};
const SHA1 = { instanceId: "ab".repeat(20), ref: { hashAlgo: 1, hexDigest: "ab".repeat(20) } };

test("instanceIdOf() and objectRefOf() are each other's reverse", () => {
  for (const { instanceId, ref } of [SHA256, SHA1]) {
    assert.is(instanceIdOf(ref), instanceId);
    assert.equal(objectRefOf(instanceId), ref);
  }
});

test("pinDocument() is a document of the kind cipd.pin, with hash and digest", async () => {
  const pin = { package: "infra/tools/x", instanceId: SHA256.instanceId };
  const { kind, object, subject } = await pinDocument("https://example.com", pin);
  assert.is(kind, "cipd.pin");
  assert.equal(object, {
    serviceUrl: "https://example.com",
    ...pin,
    hashAlgo: "SHA256",
    hexDigest: SHA256.ref.hexDigest,
  });
  assert.is(subject.name, "infra/tools/x");
  assert.is(subject.digest, `sha256:${SHA256.ref.hexDigest}`);
});

test("checkPin() refuses what is no package or no instance", () => {
  const bad = [
    { package: "", instanceId: SHA256.instanceId },
    { package: "A/b", instanceId: SHA256.instanceId },
    { package: "a/../b", instanceId: SHA256.instanceId },
    { package: "a/${platform}", instanceId: SHA256.instanceId },
    { package: "a", instanceId: "latest" },
    { package: "a", instanceId: "" },
    { package: "a", instanceId: `${SHA256.instanceId}=` },
    { package: "a", instanceId: SHA256.instanceId.replace("C", "D").slice(0, 43) + "D" },
  ];
  for (const pin of bad) {
    try {
      checkPin(pin);
      assert.unreachable(JSON.stringify(pin));
    } catch (error) {
      assert.is((error as { code: string }).code, "cipd.pin-invalid", JSON.stringify(pin));
    }
  }
});

test.run();
