import * as assert from "uvu/assert";
import { withDeadline } from "../../src/docker/deadline.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/deadline");

const method = "VolumeDriver.Mount";

/** Works until it is ended. */
const endless = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = () => reject(new PluginError("call.aborted", "given up"));
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
  });

test("withDeadline() gives what the work gives", async () => {
  assert.is(await withDeadline({ method, patienceMs: 60_000 }, () => Promise.resolve(1)), 1);
  assert.is(await withDeadline({ method }, () => Promise.resolve(2)), 2);
});

test("withDeadline() ends the work before Docker gives it up, and says so", async () => {
  const error = await withDeadline({ method, patienceMs: 5_010 }, endless).catch(PluginError.from);
  assert.instance(error, PluginError);
  assert.is((error as PluginError).code, "docker.timeout");
  assert.match(
    (error as PluginError).message,
    /^VolumeDriver\.Mount was ended: it took longer than/,
  );
});

test("withDeadline() ends the work when the caller has gone, also before it began", async () => {
  const controller = new AbortController();
  const work = withDeadline({ method, signal: controller.signal }, endless);
  controller.abort();
  assert.is(await work.catch((error) => error.code), "call.aborted");
  const again = withDeadline({ method, signal: controller.signal, patienceMs: 60_000 }, endless);
  assert.is(await again.catch((error) => error.code), "call.aborted");
});

test("withDeadline() passes on what goes wrong by itself", async () => {
  const fail = () => Promise.reject(new PluginError("sandbox.trap", "oops"));
  const error = await withDeadline({ method, patienceMs: 60_000 }, fail).catch((error) => error);
  assert.is(error.code, "sandbox.trap");
});

test.run();
