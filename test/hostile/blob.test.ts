/** Handles that are not a guest's. No contract hands over blobs yet, so calls are made below `Plugin`. */
import * as assert from "uvu/assert";
import { openBundle } from "../../src/bundle/bundle.ts";
import { blobFromBytes } from "../../src/capability/blob-source.ts";
import { type Blob, createBlobTable } from "../../src/capability/blob-table.ts";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import { openCapability } from "../../src/capability/table.ts";
import { createAudit } from "../../src/host/audit.ts";
import type { Callable } from "../../src/host/callable.ts";
import { preparePlugin } from "../../src/host/prepare.ts";
import { createRecorder } from "../../src/host/record.ts";
import { recordedLimits } from "../../src/host/recording.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { createReentryGuard } from "../../src/host/reentry.ts";
import { DEFAULT_LIMITS } from "../../src/sandbox/default-limits.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { answersOf, asking, bundleOf, type Request, requestsOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

interface Context {
  sandbox: Sandbox;
  guest: Callable;
  audit: string[];
  record: string[];
}

const test = suite<Context>("hostile use of blobs");

const READ = FUNCTION_NAMES.blob.indexOf("blob_read");
const WRITE = FUNCTION_NAMES.blob.indexOf("blob_write");
const CLOSE = FUNCTION_NAMES.blob.indexOf("blob_close");

test.before(async (context) => {
  context.sandbox = new Sandbox(2);
  context.audit = [];
  context.record = [];
  const bundle = await openBundle(
    bundleOf(asking(...FUNCTION_NAMES.blob), { capabilities: ["blob"] }),
  );
  const redaction = createRedaction();
  const grants = { blob: { maxReadBytes: 100, maxWriteBytes: 100 } };
  const prepared = await preparePlugin(bundle, { grants }, {
    open: openCapability,
    guard: createReentryGuard(),
    warn: () => {},
    audit: createAudit({ append: (line) => void context.audit.push(line) }, redaction),
    recorder: createRecorder({ append: (line) => void context.record.push(line) }, redaction),
  });
  const module = await context.sandbox.load({
    name: "blobs",
    digest: bundle.digest,
    bytes: bundle.bytes,
    outline: bundle.outline,
    limits: DEFAULT_LIMITS,
    mode: "worker",
    serial: false,
    functions: prepared.functions,
  });
  context.guest = prepared.bind(module, recordedLimits(DEFAULT_LIMITS));
});

test.after(async ({ sandbox }) => {
  await sandbox.close();
});

/** Code of each answer, or what is `ok`. */
async function ask(
  guest: Callable,
  blobs: readonly Blob[],
  requests: (handles: readonly number[]) => Request[],
) {
  const table = createBlobTable(blobs);
  const made = requests(table.handles);
  const input = JSON.stringify({ object: requestsOf(made) });
  const { output } = await guest.call("admission_check", new TextEncoder().encode(input), {
    now: "2026-01-31T12:00:00Z",
    blobs: table,
  });
  await table.closeAll();
  const { annotations } = JSON.parse(new TextDecoder().decode(output));
  return answersOf(annotations.answers).map((answer, index) => {
    const isRead = made[index]![0] === READ;
    const text = new TextDecoder().decode(isRead ? answer.subarray(1) : answer);
    if (isRead && answer[0] === 0) return text;
    const { ok, error } = JSON.parse(text);
    return error?.code ?? ok;
  });
}

const read = (handle: unknown, maxBytes: unknown = 10): Request => [
  READ,
  JSON.stringify({ handle, maxBytes }),
];
const write = (handle: number, text: string): Request => {
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, handle, true);
  bytes.set(new TextEncoder().encode(text), 4);
  return [WRITE, bytes];
};
const secret = () => blobFromBytes(new TextEncoder().encode("secret"));

test("handles that nobody gave are not found, in whatever form", async ({ guest }) => {
  const codes = await ask(guest, [secret()], ([own]) => [
    read(0),
    read(0xffff_ffff),
    read(own! + 1),
    read(own! - 1),
    write(0, "x"),
    write(0xffff_ffff, "x"),
    [CLOSE, '{"handle":0}'],
  ]);
  assert.equal(new Set(codes), new Set(["capability.not-found"]));
});

test("handles that are none, and lengths that are none, are invalid", async ({ guest }) => {
  const none = [-1, 1.5, 2 ** 32, 2 ** 53, "1", null, [], "__proto__"];
  const codes = await ask(guest, [secret()], ([own]) => [
    ...none.map((handle) => read(handle)),
    ...none.filter((length) => length !== 2 ** 32).map((length) => read(own, length)),
    read(own, 0),
    [WRITE, new Uint8Array(0)],
    [WRITE, new Uint8Array(3)],
    [CLOSE, '{"handle":"constructor"}'],
  ]);
  assert.equal(new Set(codes), new Set(["capability.invalid"]));
});

test("a handle of another call, which goes on at the time, is not found", async ({ guest }) => {
  let handle = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  let begun = () => {};
  const waiting = new Promise<void>((resolve) => begun = resolve);
  const slow: Blob = {
    read: async () => {
      begun();
      await held;
      return new TextEncoder().encode("own");
    },
    close: () => Promise.resolve(),
  };
  const owner = ask(guest, [slow], ([own]) => {
    handle = own!;
    return [read(own)];
  });
  await waiting;
  const thief = await ask(guest, [secret()], () => [read(handle), [CLOSE, `{"handle":${handle}}`]]);
  release();
  assert.equal(thief, ["capability.not-found", "capability.not-found"]);
  assert.equal(await owner, ["own"]);
});

test("a handle is of no use in the next call, nor behind its end", async ({ guest }) => {
  let old = 0;
  const codes = await ask(guest, [secret()], ([own]) => {
    old = own!;
    return [read(own), [CLOSE, `{"handle":${own}}`], read(own), [CLOSE, `{"handle":${own}}`]];
  });
  assert.equal(codes, ["secret", {}, "capability.not-found", "capability.not-found"]);
  assert.equal(await ask(guest, [secret()], () => [read(old)]), ["capability.not-found"]);
});

test("what was handed over to be read is not written to, and bounds hold", async ({ guest }) => {
  const endless: Blob = {
    read: (most) => Promise.resolve(new Uint8Array(most).fill(0x61)),
    close: () => Promise.resolve(),
  };
  const codes = await ask(guest, [secret(), endless], ([own, flood]) => [
    write(own!, "x"),
    read(flood, 99),
    read(flood, 99),
    read(flood, 99),
  ]);
  assert.is(codes[0], "capability.denied");
  assert.is(codes.at(-1), "capability.limit");
});

test("a stream that throws, or gives more than was wanted, fails alone", async ({ guest }) => {
  const close = () => Promise.resolve();
  const codes = await ask(guest, [
    { read: () => Promise.reject(new Error("/etc/shadow")), close },
    { read: () => Promise.resolve(new Uint8Array(1_000)), close },
    { read: () => Promise.resolve("text" as unknown as Uint8Array), close },
    secret(),
  ], (handles) => handles.map((handle) => read(handle)));
  assert.equal(codes, [...new Array(3).fill("capability.failed"), "secret"]);
});

test("all of it was audited and recorded, and the audit has no bytes of blobs", ({ audit, record }) => {
  assert.ok(audit.length > 30);
  assert.not.match(audit.join(), "secret");
  assert.ok(record.length >= 7);
});

test.run();
