import * as assert from "uvu/assert";
import type { Bundle } from "../../src/bundle/bundle.ts";
import { openBundle } from "../../src/bundle/bundle.ts";
import type { HostFunction } from "../../src/capability/host-function.ts";
import { createRecorder } from "../../src/host/record.ts";
import { parseRecordedCall, type RecordedCall } from "../../src/host/recording.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { createReplayer, type ReplayResult } from "../../src/host/replay.ts";
import { type ErrorCode, PluginError } from "../../src/plugin-error.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import {
  answering,
  type Ask,
  bytes,
  fakeModule,
  memorySink,
  PLUGIN,
  RECORDED_LIMITS,
} from "./fake-guest.ts";

const test = suite<{ bundle: Bundle }>("host/replay");

type Guest = (input: string, ask: Ask) => string | Promise<string>;

test.before(async (context) => {
  const imports = ["state_get", "exec_run"]
    .map((name) => `(import "extism:host/user" "${name}" (func (param i64) (result i64)))`);
  context.bundle = await openBundle(bundleOf(`(module ${imports.join("")})`));
});

/** A call of `guest`, recorded with capabilities that answer. */
async function record(bundle: Bundle, guest: Guest, fuel = 7) {
  const sink = memorySink();
  const recorded = createRecorder(sink, createRedaction()).wrap(fakeModule(guest, { fuel }), {
    ...PLUGIN,
    digest: bundle.digest,
    limits: RECORDED_LIMITS,
    functions: [
      answering("state_get", (request) => `{"ok":"${request}"}`),
      answering("exec_run", () => {
        throw new PluginError("capability.timeout", "late");
      }, "exec"),
    ],
  });
  const options = { now: "2026-06-01T00:00:00Z" };
  await recorded.call("f", bytes('{"a":1}'), options).catch(() => {});
  return parseRecordedCall(bytes(sink.lines[0]!));
}

/** Replays `call` with a module that does `guest`. */
function replay(
  bundle: Bundle,
  call: RecordedCall,
  guest: Guest,
  fuel = 7,
): Promise<ReplayResult> {
  const load = (_limits: unknown, functions: readonly HostFunction[]) =>
    Promise.resolve(fakeModule(guest, { fuel, functions }));
  return createReplayer(bundle, load).replay(call);
}

const twice: Guest = async (input, ask) => {
  const first = await ask("state_get", '{"key":"a"}');
  return JSON.stringify({ input, first, second: await ask("state_get", '{"key":"b"}') });
};

test("replay() finds the same call identical, answered from the recording alone", async ({ bundle }) => {
  assert.equal(await replay(bundle, await record(bundle, twice), twice), { status: "identical" });
});

test("replay() gives a recorded failure of an answer again", async ({ bundle }) => {
  const guest: Guest = (_input, ask) => ask("exec_run", "{}");
  const call = await record(bundle, guest);
  assert.is(call.error!.code, "capability.timeout");
  assert.equal(await replay(bundle, call, guest), { status: "identical" });
});

const DIFFERENT: [string, Guest, unknown][] = [
  ["another request, by its pointer", async (_input, ask) => {
    await ask("state_get", '{"key":"a"}');
    return await ask("state_get", '{"key":"c"}');
  }, {
    what: "capability",
    capability: { number: 2, function: "state_get" },
    path: "/key",
    offset: 8,
    recorded: '"b"',
    replayed: '"c"',
  }],
  ["another function", (_input, ask) => ask("exec_run", '{"key":"a"}'), {
    what: "capability",
    capability: { number: 1, function: "exec_run" },
    recorded: '"state_get"',
    replayed: '"exec_run"',
  }],
  ["a request more", async (input, ask) => {
    await twice(input, ask);
    return await ask("state_get", "{}");
  }, {
    what: "capability",
    capability: { number: 3, function: "state_get" },
    recorded: "nothing",
    replayed: '"state_get"',
  }],
  ["a request less", (_input, ask) => ask("state_get", '{"key":"a"}'), {
    what: "capability",
    capability: { number: 2, function: "state_get" },
    recorded: '"state_get"',
    replayed: "nothing",
  }],
  ["a request that the guest hides", async (input, ask) => {
    const output = await twice(input, ask);
    await ask("state_get", "{}").catch(() => {});
    return output;
  }, {
    what: "capability",
    capability: { number: 3, function: "state_get" },
    recorded: "nothing",
    replayed: '"state_get"',
  }],
  ["another output, by its pointer", async (input, ask) => {
    return (await twice(input, ask)).replace('"second"', '"2nd"');
  }, {
    what: "output",
    path: "/second",
    offset: 61,
    recorded: '"{\\"ok\\":\\"{\\"key\\":\\"b\\"}\\"}"',
    replayed: "nothing",
  }],
  ["another end", async (input, ask) => {
    await twice(input, ask);
    throw new PluginError("sandbox.trap", "no");
  }, { what: "code", recorded: "a result", replayed: "sandbox.trap" }],
];
for (const [what, guest, difference] of DIFFERENT) {
  test(`replay() shows ${what}`, async ({ bundle }) => {
    const result = await replay(bundle, await record(bundle, twice), guest);
    assert.equal(result, { status: "different", difference });
  });
}

test("replay() compares fuel where both know it", async ({ bundle }) => {
  const call = await record(bundle, twice);
  assert.equal(await replay(bundle, call, twice, 8), {
    status: "different",
    difference: { what: "fuel", recorded: "7", replayed: "8" },
  });
  const unknown = { ...call, fuel: null };
  assert.equal(await replay(bundle, unknown, twice, 8), { status: "identical" });
});

const failing = (code: ErrorCode, fuel?: number): Guest => () => {
  throw new PluginError(code, "m", { details: fuel === undefined ? {} : { fuel } });
};

test("replay() compares the codes and the fuel of calls that failed", async ({ bundle }) => {
  const call = await record(bundle, failing("sandbox.fuel", 1_000));
  const same = await replay(bundle, call, failing("sandbox.fuel", 1_000));
  assert.equal(same, { status: "identical" });
  assert.equal(await replay(bundle, call, failing("sandbox.fuel", 999)), {
    status: "different",
    difference: { what: "fuel", recorded: "1000", replayed: "999" },
  });
  assert.equal(await replay(bundle, call, () => ""), {
    status: "different",
    difference: { what: "code", recorded: "sandbox.fuel", replayed: "a result" },
  });
});

for (const code of ["sandbox.timeout", "call.aborted", "sandbox.worker-lost"] as const) {
  test(`replay() skips a call that ended in ${code}, and does not make it`, async ({ bundle }) => {
    const call = await record(bundle, failing(code));
    const guest = () => assert.unreachable();
    assert.equal(await replay(bundle, call, guest as never), { status: "skipped", code });
  });
}

const codeOf = (result: Promise<unknown>) => result.then(() => "none", (error) => error.code);

test("replay() says that it ran out of time, not that the call differs", async ({ bundle }) => {
  const call = await record(bundle, twice);
  assert.is(await codeOf(replay(bundle, call, failing("sandbox.timeout"))), "sandbox.timeout");
});

test("replay() refuses calls of another plugin, redacted ones and those of another schedule", async ({ bundle }) => {
  const call = await record(bundle, twice);
  const other = { ...call, plugin: { ...call.plugin, digest: PLUGIN.digest } };
  assert.is(await codeOf(replay(bundle, other, twice)), "bundle.digest-mismatch");
  for (const changed of [{ redacted: true as const }, { schedule: 2 }]) {
    const result = replay(bundle, { ...call, ...changed }, twice);
    assert.is(await codeOf(result), "replay.malformed");
  }
});

test("replay() says that an answer cannot be read, whatever the guest makes of it", async ({ bundle }) => {
  const call = await record(bundle, twice);
  const capabilities = call.capabilities.map((item) => ({ ...item, answer: { base64: "?" } }));
  assert.is(await codeOf(replay(bundle, { ...call, capabilities }, twice)), "replay.malformed");
  const hiding: Guest = async (_input, ask) => {
    await ask("state_get", '{"key":"a"}').catch(() => {});
    await ask("state_get", '{"key":"b"}').catch(() => {});
    return "";
  };
  const hidden = await codeOf(replay(bundle, { ...call, capabilities }, hiding));
  assert.is(hidden, "replay.malformed");
});

test("createReplayer() loads a module once for each set of bounds", async ({ bundle }) => {
  const call = await record(bundle, twice);
  let loads = 0;
  const replayer = createReplayer(bundle, (_limits, functions) => {
    loads++;
    return Promise.resolve(fakeModule(twice, { functions }));
  });
  for (let index = 0; index < 3; index++) await replayer.replay(call);
  await replayer.replay({ ...call, limits: { ...RECORDED_LIMITS, fuel: 2_000 } });
  assert.is(loads, 2);
});

test.run();
