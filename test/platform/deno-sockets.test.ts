import * as assert from "uvu/assert";
import { checkDenoSockets } from "../../src/platform/deno-sockets.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("deno-sockets");

test("checkDenoSockets() takes the runtime of the tests, and every Deno from 2.9.6 on", () => {
  checkDenoSockets();
  for (const version of ["2.9.6", "2.9.10", "2.10.0", "3.0.0", "2.9.6+abc", "2.10.0-rc.1"]) {
    checkDenoSockets(version);
  }
});

for (const version of ["2.9.5", "2.8.7", "1.46.3", "2.9", "", "x.y.z"]) {
  test(`checkDenoSockets() refuses ${JSON.stringify(version)}`, () => {
    try {
      checkDenoSockets(version);
    } catch (error) {
      assert.is(PluginError.from(error).code, "usage.invalid");
      return;
    }
    assert.unreachable("it was taken");
  });
}

test.run();
