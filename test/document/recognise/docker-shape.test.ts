import * as assert from "uvu/assert";
import { ANY_BODY } from "../../../src/document/recognise/docker-any-body.ts";
import {
  IMAGE_CONFIG,
  MANIFEST,
  PLUGIN_PRIVILEGES,
} from "../../../src/document/recognise/docker-schema.ts";
import {
  findRequestKey,
  findShape,
  isInspect,
} from "../../../src/document/recognise/docker-shape.ts";
import { suite } from "../../support/suite.ts";

const test = suite("document/recognise/docker-shape");

test("findShape() tells images from what the Engine API takes", () => {
  assert.is(findShape({ schemaVersion: 2, config: {}, layers: [] }), MANIFEST);
  const rootfs = { diff_ids: [] };
  assert.is(findShape({ architecture: "a", os: "b", rootfs }), IMAGE_CONFIG);
  assert.is(findShape({ image: "a", cmd: "sh" }), ANY_BODY);
  assert.is(findShape([{ name: "a", description: "b", value: [] }]), PLUGIN_PRIVILEGES);
  for (const value of [null, "a", 1, [], {}, { image: "a" }]) {
    assert.is(findShape(value), undefined, JSON.stringify(value));
  }
});

test("findShape() looks at every key that folds to a field", () => {
  assert.is(findShape({ tasktemplate: null, TaskTemplate: {} }), ANY_BODY);
  assert.is(findShape({ "driveropt\u017F": {} }), ANY_BODY);
});

test("findRequestKey() names the key as it is written", () => {
  assert.is(findRequestKey({ schemaVersion: 2, hostCONFIG: {} }), "hostCONFIG");
  assert.is(findRequestKey({ schemaVersion: 2, config: {}, layers: [] }), undefined);
});

test("isInspect() wants the daemon's spelling", () => {
  assert.ok(isInspect({ Id: "a", State: {}, Config: {} }));
  assert.not(isInspect({ id: "a", state: {}, config: {} }));
  assert.not(isInspect({ Id: "a", State: {} }));
});

test.run();
