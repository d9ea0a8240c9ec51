import * as assert from "uvu/assert";
import {
  readVolumeAnswer,
  VOLUME_METHODS,
  type VolumeInputs,
  type VolumeMethod,
  type VolumeRequest,
  volumeRequest,
} from "../../src/contract/volume.ts";
import { answerBytes, sentRequest } from "../support/contract.ts";
import { assertFault } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("volume");

const HEADER = { settings: { root: "/srv" }, now: "2026-06-01T00:00:00Z" };
const INPUTS: VolumeInputs = {
  create: { name: "db", options: { size: "1g" } },
  remove: { name: "db" },
  path: { name: "db" },
  mount: { name: "db", id: "m1" },
  unmount: { name: "db", id: "m1" },
  get: { name: "db" },
  list: {},
  capabilities: {},
};
const METHODS = Object.keys(INPUTS) as VolumeMethod[];

const requestOf = (method: VolumeMethod): VolumeRequest =>
  volumeRequest<VolumeMethod>(INPUTS[method], HEADER);

function encode(method: VolumeMethod, request: unknown): unknown {
  return sentRequest(VOLUME_METHODS[method].request, request);
}

function read(method: VolumeMethod, answer: unknown): unknown {
  return readVolumeAnswer(method, requestOf(method), answerBytes(answer));
}

for (const method of METHODS) {
  test(`volumeRequest() puts ${method} with contract, version, settings and time`, () => {
    const text = encode(method, requestOf(method));
    assert.equal(text, { contract: "volume", version: 1, ...HEADER, ...INPUTS[method] });
    assert.is(VOLUME_METHODS[method].entry, `volume_${method}`);
  });
}

const BAD_INPUTS: readonly (readonly [VolumeMethod, unknown, RegExp])[] = [
  ["create", {}, /"name"/],
  ["create", { name: "", options: {} }, /"name"/],
  ["create", { name: "a\nb", options: {} }, /"name"/],
  ["create", { name: "a\ud800", options: {} }, /"name"/],
  ["create", { name: "a".repeat(256), options: {} }, /"name"/],
  ["create", { name: "a" }, /"options"/],
  ["create", { name: "a", options: [] }, /"options"/],
  ["create", { name: "a", options: { size: 1 } }, /"options\.size"/],
  ["create", { name: "a", options: { "": "x" } }, /"options"/],
  ["create", { name: "a", options: JSON.parse('{"__proto__":"x"}') }, /"options"/],
  ["create", { name: "a", options: { o: "x".repeat(65_537) } }, /"options\.o"/],
  ["create", { name: "a", options: {}, more: 1 }, /more/],
  ["mount", { name: "a" }, /"id"/],
  ["mount", { name: "a", id: "" }, /"id"/],
  ["get", { name: 1 }, /"name"/],
];

for (const [method, input, place] of BAD_INPUTS) {
  test(`encodeRequest() refuses ${method} of ${JSON.stringify(input).slice(0, 60)}`, () => {
    assertFault(
      () => encode(method, volumeRequest(input as VolumeInputs["create"], HEADER)),
      "contract.input-invalid",
      place,
    );
  });
}

test("encodeRequest() leaves dots and slashes in a name for the driver to judge", () => {
  const request = encode("get", volumeRequest({ name: "../pool/é" }, HEADER)) as { name: string };
  assert.is(request.name, "../pool/é");
});

const volume = {
  name: "db",
  mountpoint: "/srv/db",
  createdAt: "2026-01-31T12:00:00+01:00",
  status: { bytes: 12, deep: [{ a: null }] },
};

const ANSWERS: readonly (readonly [VolumeMethod, unknown])[] = [
  ["create", {}],
  ["remove", {}],
  ["unmount", {}],
  ["path", {}],
  ["path", { mountpoint: "/srv/db" }],
  ["mount", { mountpoint: "/srv/..db" }],
  ["get", { volume }],
  ["get", { volume: { name: "db" } }],
  ["list", { volumes: [] }],
  ["list", { volumes: [volume, { name: "other" }] }],
  ["capabilities", { scope: "global" }],
  ["capabilities", { scope: "local" }],
  ...METHODS.map((method) =>
    [method, { error: { code: "not-found", message: "there is no db" } }] as const
  ),
];

for (const [method, answer] of ANSWERS) {
  test(`readVolumeAnswer() takes ${JSON.stringify(answer)} of ${method}`, () => {
    assert.equal(read(method, answer), answer);
  });
}

const BAD_ANSWERS: readonly (readonly [VolumeMethod, unknown, RegExp])[] = [
  ["create", "", /empty/],
  ["create", "null", /no answer to "volume_create"/],
  ["create", "[]", /no answer/],
  ["create", { ok: true }, /no answer/],
  ["create", '{"error":{"code":"failed","message":"a"},"error":{}}', /twice/],
  ["create", { error: "no" }, /"error"/],
  ["create", { error: { code: "failed" } }, /"error\.message"/],
  ["create", { error: { code: "failed", message: "" } }, /"error\.message"/],
  ["create", { error: { code: "gone", message: "a" } }, /"error\.code"/],
  ["create", { error: { code: "failed", message: "a", why: 1 } }, /why/],
  ["create", { error: { code: "failed", message: "a" }, mountpoint: "/a" }, /mountpoint/],
  ["create", { error: { code: "failed", message: "a".repeat(10_001) } }, /"error\.message"/],
  ["mount", {}, /"mountpoint"/],
  ["mount", { mountpoint: "" }, /"mountpoint"/],
  ["mount", { mountpoint: "srv/db" }, /"mountpoint"/],
  ["mount", { mountpoint: "/" }, /"mountpoint"/],
  ["mount", { mountpoint: "/srv/../etc" }, /"mountpoint"/],
  ["mount", { mountpoint: "/srv/./db" }, /"mountpoint"/],
  ["mount", { mountpoint: "/srv//db" }, /"mountpoint"/],
  ["mount", { mountpoint: "/srv/db/" }, /"mountpoint"/],
  ["mount", { mountpoint: "/srv/d\nb" }, /"mountpoint"/],
  ["mount", { mountpoint: `/${"a".repeat(4_095)}` }, /"mountpoint"/],
  ["path", { mountpoint: null }, /"mountpoint"/],
  ["get", {}, /"volume"/],
  ["get", { volume: { ...volume, name: "other" } }, /it is about "other", asked was "db"/],
  ["get", { volume: { ...volume, createdAt: "2026-02-31T12:00:00Z" } }, /"volume\.createdAt"/],
  ["get", { volume: { ...volume, createdAt: "2026-01-31" } }, /"volume\.createdAt"/],
  ["get", { volume: { ...volume, status: [] } }, /"volume\.status"/],
  ["get", { volume: { ...volume, labels: {} } }, /labels/],
  ["list", { volumes: null }, /"volumes"/],
  ["list", { volumes: [{ name: "a" }, { name: "a" }] }, /"a" stands in the list twice/],
  ["list", `{"volumes":[${"0,".repeat(300_000)}0]}`, /at most 10000 items/],
  ["capabilities", { scope: "Local" }, /"scope"/],
];

for (const [method, answer, why] of BAD_ANSWERS) {
  test(`readVolumeAnswer() refuses ${JSON.stringify(answer).slice(0, 70)} of ${method}`, () => {
    assertFault(() => read(method, answer), "contract.output-invalid", why);
  });
}

test.run();
