import * as assert from "uvu/assert";
import { settleAll } from "../src/settle-all.ts";
import { suite } from "./support/suite.ts";

const test = suite("settleAll()");

test("waits for all, then throws what the first in the list was rejected with", async () => {
  let ended = false;
  const late = new Promise<void>((resolve) =>
    setTimeout(() => {
      ended = true;
      resolve();
    }, 20)
  );
  const later = late.then(() => Promise.reject(new Error("first")));
  const all = settleAll([later, Promise.reject(new Error("second")), late]);
  let message = "";
  await all.catch((error) => message = error.message);
  assert.is(message, "first");
  assert.ok(ended);
});

test("has nothing to say where all is well, or nothing was to do", async () => {
  assert.is(await settleAll([Promise.resolve(1)]), undefined);
  assert.is(await settleAll([]), undefined);
});

test.run();
