import * as assert from "uvu/assert";
import { readCipdInstanceId } from "../../../src/document/cipd-instance.ts";
import { readHashAlgo } from "../../../wasm-plugins/cipd-policy/instance-id.ts";
import { INSTANCE } from "../../support/cipd-policy.ts";
import { suite } from "../../support/suite.ts";

const SHA1_INSTANCE = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";

const test = suite("wasm-plugins/cipd-policy/instance-id");

test("readHashAlgo() reads as the host does", () => {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+=";
  const head = INSTANCE.slice(0, 42);
  for (const a of letters) {
    for (const b of letters) {
      const id = `${head}${a}${b}`;
      assert.is(readHashAlgo(id), readCipdInstanceId(id)?.hashAlgo, id);
    }
  }
  const others = [SHA1_INSTANCE, SHA1_INSTANCE.toUpperCase(), `${SHA1_INSTANCE}\n`, "", head];
  for (const id of others) {
    assert.is(readHashAlgo(id), readCipdInstanceId(id)?.hashAlgo, id);
  }
});

test.run();
