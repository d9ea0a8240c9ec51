import * as assert from "uvu/assert";
import { WASI_ANSWERED, WASI_FUNCTIONS } from "../../../src/sandbox/wasi/wasi-signature.ts";
import { suite } from "../../support/suite.ts";

const test = suite("sandbox/wasi-signature");

test("WASI_FUNCTIONS holds preview 1, WASI_ANSWERED a part of it", () => {
  assert.is(WASI_FUNCTIONS.size, 46);
  assert.equal(WASI_FUNCTIONS.get("proc_exit"), { params: ["i32"], results: [] });
  assert.equal(WASI_FUNCTIONS.get("fd_seek"), {
    params: ["i32", "i64", "i32", "i32"],
    results: ["i32"],
  });
  for (const name of WASI_ANSWERED) assert.ok(WASI_FUNCTIONS.has(name), name);
});

test.run();
