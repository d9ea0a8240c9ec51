import * as assert from "uvu/assert";
import { createRecorder } from "../../src/host/record.ts";
import { parseRecordedCall } from "../../src/host/recording.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";
import {
  answering,
  bytes,
  fakeModule,
  memorySink,
  PLUGIN,
  RECORDED_LIMITS,
  text,
} from "./fake-guest.ts";

const test = suite("host/record");

const NOW = "2026-06-01T00:00:00Z";
const OPTIONS = { now: NOW };

function record(module: ReturnType<typeof fakeModule>, options: {
  redact?: string[];
  functions?: ReturnType<typeof answering>[];
} = {}) {
  const sink = memorySink();
  const recorder = createRecorder(sink, createRedaction(options.redact));
  const recorded = recorder.wrap(module, {
    ...PLUGIN,
    limits: { ...RECORDED_LIMITS, timeoutMs: 5 } as typeof RECORDED_LIMITS,
    functions: options.functions ?? [],
  });
  const calls = () => sink.lines.map((line) => parseRecordedCall(bytes(line)));
  return { sink, recorded, recorder, calls };
}

const state = () => answering("state_get", (request) => `{"ok":${request.length}}`);

test("wrap() writes a whole call, and changes nothing of it", async () => {
  const module = fakeModule(async (input, ask) => {
    const first = await ask("state_get", '{"key":"a"}');
    return input + first + await ask("state_get", "not JSON");
  });
  const { recorded, calls } = record(module, { functions: [state()] });
  const { output, fuel } = await recorded.call("f", bytes('{"a":1}'), OPTIONS);
  assert.equal([text(output), fuel], ['{"a":1}{"ok":11}{"ok":8}', 7]);
  assert.equal(calls(), [{
    version: 1,
    plugin: { name: "p", digest: PLUGIN.digest },
    entry: "f",
    schedule: 1,
    limits: RECORDED_LIMITS,
    now: NOW,
    input: { json: { a: 1 } },
    capabilities: [
      { function: "state_get", request: { json: { key: "a" } }, answer: { json: { ok: 11 } } },
      { function: "state_get", request: { text: "not JSON" }, answer: { json: { ok: 8 } } },
    ],
    output: { text: '{"a":1}{"ok":11}{"ok":8}' },
    fuel: 7,
  }]);
});

test("wrap() writes what a call ended with, and its fuel where that is known", async () => {
  const module = fakeModule((input) => {
    const details = input === "known" ? { fuel: 5 } : {};
    throw new PluginError("sandbox.fuel", "out", { details });
  });
  const { recorded, calls } = record(module);
  for (const input of ["known", "unknown"]) {
    const code = await recorded.call("f", bytes(input), OPTIONS).catch((error) => error.code);
    assert.is(code, "sandbox.fuel");
  }
  const error = { code: "sandbox.fuel", message: "out" };
  assert.equal(calls().map((call) => [call.error, call.fuel, call.output]), [
    [error, 5, undefined],
    [error, null, undefined],
  ]);
});

test("wrap() writes what an answer threw", async () => {
  const late = answering("state_get", () => {
    throw new PluginError("capability.timeout", "late");
  });
  const module = fakeModule((_input, ask) => ask("state_get", "{}"));
  const { recorded, calls } = record(module, { functions: [late] });
  await recorded.call("f", bytes(""), OPTIONS).catch(() => {});
  assert.equal(calls()[0]!.capabilities, [{
    function: "state_get",
    request: { json: {} },
    error: { code: "capability.timeout", message: "late" },
  }]);
});

test("wrap() keeps calls apart that run at once", async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  const module = fakeModule(async (input, ask) => {
    const before = await ask("state_get", input);
    if (input === "first") await gate;
    else release();
    return before + await ask("state_get", `${input} again`);
  });
  const { recorded, calls } = record(module, { functions: [state()] });
  const inputs = ["first", "second"];
  await Promise.all(inputs.map((input) => recorded.call("f", bytes(input), OPTIONS)));
  const asked = calls().map((call) => call.capabilities.map((item) => item.request));
  assert.equal(asked.reverse(), [
    [{ text: "first" }, { text: "first again" }],
    [{ text: "second" }, { text: "second again" }],
  ]);
});

test("wrap() with a redaction takes it out everywhere and says so", async () => {
  const module = fakeModule(async (_input, ask) => {
    await ask("state_get", '{"token":"s3cret","key":"k"}');
    await ask("state_get", "{ s3cret");
    return '{"token":"s3cret"}';
  });
  const fn = answering("state_get", '{"ok":1,"token":"s3cret"}');
  const { recorded, sink, calls } = record(module, { functions: [fn], redact: ["/token"] });
  await recorded.call("f", bytes('{"token":"s3cret"}'), OPTIONS);
  assert.not.match(sink.lines[0]!, "s3cret");
  assert.is(calls()[0]!.redacted, true);
  assert.equal(calls()[0]!.capabilities[0]!.request, { json: { key: "k", token: "[redacted]" } });
});

test("wrap() with a redaction keeps no error's words", async () => {
  const module = fakeModule(() => {
    throw new PluginError("sandbox.guest-error", "s3cret");
  });
  const { recorded, sink } = record(module, { redact: ["/token"] });
  await recorded.call("f", bytes("{}"), OPTIONS).catch(() => {});
  assert.not.match(sink.lines[0]!, "s3cret");
});

test("what cannot be written fails its call, and no other begins", async () => {
  let calls = 0;
  const module = fakeModule(() => `${++calls}`);
  const { recorded, sink } = record(module);
  sink.break();
  for (let index = 0; index < 2; index++) {
    const code = await recorded.call("f", bytes(""), OPTIONS).then(() => "done", (e) => e.code);
    assert.is(code, "output.unwritable");
  }
  assert.is(calls, 1);
});

const BOUNDS: [string, { callBytes: number; lineBytes: number }, RegExp][] = [
  ["is answered more than can be held", { callBytes: 100, lineBytes: 100_000 }, /more than 100/],
  ["makes a longer line than can be read", { callBytes: 100_000, lineBytes: 900 }, /\d+ bytes/],
];
for (const [what, bounds, why] of BOUNDS) {
  test(`a call that ${what} fails, and others do not`, async () => {
    const sink = memorySink();
    const module = fakeModule((input, ask) => input === "" ? "" : ask("state_get", "{}"));
    const recorded = createRecorder(sink, createRedaction(), bounds).wrap(module, {
      ...PLUGIN,
      limits: RECORDED_LIMITS,
      functions: [answering("state_get", "x".repeat(400))],
    });
    const error = await recorded.call("f", bytes("large"), OPTIONS).catch((thrown) => thrown);
    assert.is(error.code, "output.unwritable");
    assert.match(error.message, why);
    assert.equal((await recorded.call("f", bytes(""), OPTIONS)).output, bytes(""));
  });
}

test.run();
