import * as assert from "uvu/assert";
import { withinCall } from "../../src/capability/within-call.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("withinCall()");

const codeOf = (action: Promise<unknown>): Promise<string> =>
  action.then(() => "done", (error: PluginError) => error.code ?? error.message);

test("it gives what the work gives, also what it throws at once", async () => {
  const { signal } = new AbortController();
  assert.is(await withinCall("f", { signal }, () => Promise.resolve(1)), 1);
  assert.is(await codeOf(withinCall("f", { signal }, () => Promise.reject(new Error("a")))), "a");
  const throwing = () => {
    throw new Error("b");
  };
  assert.is(await codeOf(withinCall("f", { signal }, throwing)), "b");
});

test("it ends with the call, and ignores what comes later", async () => {
  const ending = new AbortController();
  let fail!: (error: Error) => void;
  const work = () => new Promise<void>((_resolve, reject) => fail = reject);
  const waiting = codeOf(withinCall("f", ending, work));
  ending.abort();
  assert.is(await waiting, "capability.timeout");
  fail(new Error("late"));
});

test("it begins nothing for a call that is over", async () => {
  let begun = false;
  const work = () => {
    begun = true;
    return Promise.resolve();
  };
  const { signal } = { signal: AbortSignal.abort() };
  assert.is(await codeOf(withinCall("f", { signal }, work)), "capability.timeout");
  assert.not.ok(begun);
});

test.run();
