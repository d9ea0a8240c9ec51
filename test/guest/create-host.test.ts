/** Every method of the host, from within the engine, against functions that say what they were asked. */
import * as assert from "uvu/assert";
import { CAPABILITIES } from "../../src/bundle/manifest.ts";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import type { HostFunction } from "../../src/capability/host-function.ts";
import type { JsonValue } from "../../src/json.ts";
import { Sandbox, type SandboxModule } from "../../src/sandbox/sandbox.ts";
import { loadGuest } from "../support/sandbox.ts";
import { suite } from "../support/suite.ts";
import { buildSource, judging } from "../support/typescript-plugin.ts";

interface Context {
  sandbox: Sandbox;
  module: SandboxModule;
  asked: { name: string; request: Uint8Array }[];
  answer: Uint8Array;
}

const test = suite<Context>("createHost");

/** Calls what the document names, and tells what came of it. */
const CALLING = judging(`
  const { capability, method, args, bytes } = request.object;
  const all = bytes === undefined ? args : [...args, Uint8Array.from(bytes)];
  try {
    const value = host[capability][method](...all);
    return { value: value instanceof Uint8Array ? { bytes: [...value] } : value ?? null };
  } catch (error) {
    const { name, code, message, cni } = error as CapabilityError;
    return { name, code, message, cni, isOurs: error instanceof CapabilityError };
  }`);

test.before(async (context) => {
  const { bytes } = await buildSource(CALLING, { manifest: { capabilities: CAPABILITIES } });
  context.asked = [];
  const functions = Object.entries(FUNCTION_NAMES).flatMap(([capability, names]) =>
    names.map((name): HostFunction => ({
      capability: capability as HostFunction["capability"],
      name,
      answer: (request) => {
        context.asked.push({ name, request: request.slice() });
        return Promise.resolve(context.answer);
      },
    }))
  );
  context.sandbox = new Sandbox(1);
  context.module = await loadGuest(context.sandbox, bytes, { mode: "worker", functions });
});

test.after(({ sandbox }) => sandbox.close());

interface Case {
  /** `state.get` */
  readonly call: string;
  readonly args: readonly JsonValue[];
  readonly asks: string;
  readonly request: JsonValue;
  readonly ok: JsonValue;
  readonly gives: JsonValue;
}

const ATTACHMENT = {
  type: "bridge",
  config: { type: "bridge" },
  containerId: "c",
  netns: "/run/netns/c",
  ifname: "eth0",
};

const CASES: readonly Case[] = [
  {
    call: "state.get",
    args: ["k"],
    asks: "state_get",
    request: { key: "k" },
    ok: { value: "ü\u0000" },
    gives: "ü\u0000",
  },
  {
    call: "state.get",
    args: ["k"],
    asks: "state_get",
    request: { key: "k" },
    ok: { value: null },
    gives: null,
  },
  {
    call: "state.put",
    args: ["k", "v"],
    asks: "state_put",
    request: { key: "k", value: "v" },
    ok: {},
    gives: null,
  },
  {
    call: "state.delete",
    args: ["k"],
    asks: "state_delete",
    request: { key: "k" },
    ok: { deleted: true },
    gives: true,
  },
  {
    call: "state.list",
    args: [],
    asks: "state_list",
    request: {},
    ok: { keys: ["a"], next: "a" },
    gives: { keys: ["a"], next: "a" },
  },
  {
    call: "state.list",
    args: [{ prefix: "p", after: "q", limit: 2 }],
    asks: "state_list",
    request: { prefix: "p", after: "q", limit: 2 },
    ok: { keys: [] },
    gives: { keys: [] },
  },
  {
    call: "state.swap",
    args: ["k", null, "v"],
    asks: "state_swap",
    request: { key: "k", expected: null, value: "v" },
    ok: { swapped: false, current: "w" },
    gives: { swapped: false, current: "w" },
  },
  {
    call: "state.swapAll",
    args: [[{ key: "k", expected: null, value: "v" }]],
    asks: "state_swap_all",
    request: { changes: [{ key: "k", expected: null, value: "v" }] },
    ok: { swapped: false, current: ["w"] },
    gives: { swapped: false, current: ["w"] },
  },
  {
    call: "directory.create",
    args: ["d"],
    asks: "directory_create",
    request: { name: "d" },
    ok: { created: false },
    gives: false,
  },
  {
    call: "directory.list",
    args: [{ limit: 1 }],
    asks: "directory_list",
    request: { limit: 1 },
    ok: { names: ["d"] },
    gives: { names: ["d"] },
  },
  {
    call: "directory.stat",
    args: ["d", { measure: false }],
    asks: "directory_stat",
    request: { name: "d", measure: false },
    ok: { name: "d" },
    gives: { name: "d" },
  },
  {
    call: "directory.remove",
    args: ["d"],
    asks: "directory_remove",
    request: { name: "d" },
    ok: {},
    gives: null,
  },
  {
    call: "directory.path",
    args: ["d"],
    asks: "directory_path",
    request: { name: "d" },
    ok: { path: "/srv/d" },
    gives: "/srv/d",
  },
  {
    call: "metadata.list",
    args: [{ package: "a/b", keys: ["k"] }],
    asks: "metadata_list",
    request: { package: "a/b", keys: ["k"] },
    ok: { entries: [] },
    gives: { entries: [] },
  },
  {
    call: "blob.close",
    args: [7],
    asks: "blob_close",
    request: { handle: 7 },
    ok: {},
    gives: null,
  },
  ...["add", "del", "check"].map((verb): Case => ({
    call: `delegate.${verb}`,
    args: [ATTACHMENT],
    asks: `delegate_${verb}`,
    request: ATTACHMENT,
    ok: { result: { cniVersion: "1.1.0" } },
    gives: { cniVersion: "1.1.0" },
  })),
  ...["status", "gc"].map((verb): Case => ({
    call: `delegate.${verb}`,
    args: [{ type: "bridge", config: { type: "bridge" } }],
    asks: `delegate_${verb}`,
    request: { type: "bridge", config: { type: "bridge" } },
    ok: { result: null },
    gives: null,
  })),
  {
    call: "exec.run",
    args: [{ command: "c", holes: { n: 1 } }],
    asks: "exec_run",
    request: { command: "c", holes: { n: 1 } },
    ok: { code: 0, stdout: "", stderr: "", truncated: false },
    gives: { code: 0, stdout: "", stderr: "", truncated: false },
  },
];

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

async function call(
  { module }: Context,
  name: string,
  args: readonly JsonValue[],
  bytes?: readonly number[],
): Promise<Record<string, unknown>> {
  const [capability, method] = name.split(".");
  const now = "2026-01-31T12:00:00Z";
  const object = { capability, method, args, bytes };
  const request = { contract: "admission", version: 1, object, now };
  return decode((await module.call("admission_check", encode(request), { now })).output);
}

for (const { call: name, args, asks, request, ok, gives } of CASES) {
  test(`createHost() asks "${asks}" for host.${name}(${args.length})`, async (context) => {
    context.asked.length = 0;
    context.answer = encode({ ok });
    assert.equal(await call(context, name, args), { value: gives });
    assert.equal(context.asked.map((one) => [one.name, decode(one.request)]), [[asks, request]]);
  });
}

test("createHost() reads blobs as bytes and as errors", async (context) => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  context.answer = Uint8Array.from([0, ...bytes]);
  assert.equal(await call(context, "blob.read", [3, 1_000]), { value: { bytes } });
  assert.equal(decode(context.asked.at(-1)!.request), { handle: 3, maxBytes: 1_000 });
  context.answer = Uint8Array.of(0);
  assert.equal(await call(context, "blob.read", [3, 1_000]), { value: { bytes: [] } });
  const error = { code: "capability.not-found", message: "no blob “3”" };
  context.answer = Uint8Array.from([1, ...encode({ error })]);
  assert.equal(await call(context, "blob.read", [3, 1_000]), {
    ...error,
    name: "CapabilityError",
    isOurs: true,
  });
});

test("createHost() writes blobs behind their handle", async (context) => {
  context.answer = encode({ ok: { written: 3 } });
  assert.equal(await call(context, "blob.write", [0x01020304], [0, 255, 7]), { value: 3 });
  assert.equal([...context.asked.at(-1)!.request], [4, 3, 2, 1, 0, 255, 7]);
});

test("createHost() throws a refusal with its code", async (context) => {
  context.answer = encode({ error: { code: "capability.limit", message: "too much" } });
  assert.equal(await call(context, "state.get", ["k"]), {
    name: "CapabilityError",
    code: "capability.limit",
    message: "too much",
    isOurs: true,
  });
});

test("createHost() throws what a delegate said with it", async (context) => {
  const cni = { code: 103, msg: "no", details: "rule 7" };
  const error = { code: "capability.failed", message: "it failed" };
  context.answer = encode({ error: { ...error, details: { cni } } });
  const thrown = await call(context, "delegate.add", [{}]);
  assert.equal(thrown, { ...error, cni, name: "CapabilityError", isOurs: true });
});

test("createHost() refuses what the manifest does not ask for, and says what to add", async ({ sandbox }) => {
  const { bytes } = await buildSource(CALLING, { manifest: { capabilities: ["log"] } });
  const module = await loadGuest(sandbox, bytes);
  for (const name of ["state.get", "directory.create", "blob.read", "exec.run"]) {
    const answer = await call({ module } as Context, name, ["x"]);
    assert.is(answer.code, "capability.denied");
    assert.match(answer.message as string, `add "${name.split(".")[0]}" to "capabilities"`);
  }
});

test.run();
