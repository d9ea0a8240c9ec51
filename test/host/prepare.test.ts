import * as assert from "uvu/assert";
import { type Bundle, openBundle } from "../../src/bundle/bundle.ts";
import type { CapabilityName } from "../../src/bundle/manifest.ts";
import type { HostFunction, PluginIdentity } from "../../src/capability/host-function.ts";
import type { LogLine } from "../../src/capability/log.ts";
import { createAudit } from "../../src/host/audit.ts";
import type { Callable } from "../../src/host/callable.ts";
import { preparePlugin } from "../../src/host/prepare.ts";
import { createRecorder } from "../../src/host/record.ts";
import { createRedaction } from "../../src/host/redact.ts";
import { createReentryGuard } from "../../src/host/reentry.ts";
import { bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";
import { answering, bytes, CALL, fakeModule, memorySink, RECORDED_LIMITS } from "./fake-guest.ts";

const test = suite("host/prepare");

const open = (...capabilities: CapabilityName[]): Promise<Bundle> =>
  openBundle(bundleOf("(module)", { capabilities }));

/** What a host shares, with one capability whose provider does `work`. */
function services(work: (request: string) => string | Promise<string>) {
  const audit = memorySink();
  const record = memorySink();
  const warnings: string[] = [];
  const identities: PluginIdentity[] = [];
  const fn: HostFunction = answering("metadata_list", work, "metadata");
  const shared = {
    open: (_name: CapabilityName, _grant: unknown, plugin: PluginIdentity) => {
      identities.push(plugin);
      return Promise.resolve({ functions: [fn], close: () => Promise.resolve() });
    },
    guard: createReentryGuard(),
    audit: createAudit(audit, createRedaction()),
    recorder: createRecorder(record, createRedaction()),
    warn: (message: string) => void warnings.push(message),
  };
  return { shared, audit, record, warnings, identities };
}

const GRANTS = { metadata: { provider: { list: () => Promise.resolve({ entries: [] }) } } };
const OPTIONS = { now: CALL.now };
const asking = () =>
  fakeModule((_input, ask) => ask("metadata_list", '{"package":"a"}'), { fuel: 3 });

test("preparePlugin() gives functions that are audited, and calls that are recorded", async () => {
  const { shared, audit, record, identities } = services(() => '{"ok":[]}');
  const bundle = await open("metadata");
  const prepared = await preparePlugin(bundle, { grants: GRANTS, instance: "x" }, shared);
  const guest = prepared.bind(asking(), RECORDED_LIMITS);
  await guest.call("f", bytes("{}"), OPTIONS);
  assert.equal(identities, [{ name: "test-plugin", digest: bundle.digest, instance: "x" }]);
  const line = JSON.parse(audit.lines[0]!);
  assert.equal([line.instance, line.function, line.request], ["x", "metadata_list", {
    package: "a",
  }]);
  const call = JSON.parse(record.lines[0]!);
  assert.equal([call.plugin.digest, call.fuel, call.capabilities.length], [bundle.digest, 3, 1]);
});

test("a provider that calls back into the host harms only its own call", async () => {
  const guests: Callable[] = [];
  const codes: string[] = [];
  const { shared } = services(async () => {
    const thrown = await guests[0]!.call("f", bytes("{}"), OPTIONS).catch((error) => error);
    codes.push(thrown.code);
    return '{"ok":[]}';
  });
  const prepared = await preparePlugin(await open("metadata"), { grants: GRANTS }, shared);
  guests.push(prepared.bind(asking(), RECORDED_LIMITS));
  const quiet = prepared.bind(fakeModule(() => "fine"), RECORDED_LIMITS);
  const [, beside] = await Promise.all([
    guests[0]!.call("f", bytes("{}"), OPTIONS),
    quiet.call("f", bytes("{}"), OPTIONS),
  ]);
  assert.equal(codes, ["capability.reentrant"]);
  assert.equal(beside.output, bytes("fine"));
});

test("preparePlugin() denies what is not granted, before anything is opened", async () => {
  const { shared, identities } = services(() => "");
  const code = await preparePlugin(await open("metadata", "exec"), { grants: GRANTS }, shared)
    .catch((error) => error.code);
  assert.equal([code, identities.length], ["capability.denied", 0]);
});

test("preparePlugin() warns of a grant that nobody asked for, and opens nothing", async () => {
  const { shared, warnings, identities } = services(() => "");
  const prepared = await preparePlugin(await open(), { grants: GRANTS }, shared);
  assert.equal([prepared.functions.length, identities.length, warnings.length], [0, 0, 1]);
});

test("preparePlugin() wants no instance for state that was granted and not asked for", async () => {
  const { shared, warnings } = services(() => "");
  const grants = { state: { folder: "/s" } };
  await preparePlugin(await open(), { grants }, shared);
  assert.is(warnings.length, 1);
});

test("preparePlugin() writes each grant that is missing to the audit", async () => {
  const { shared, audit } = services(() => "");
  const functions = ["state_get", "state_put"]
    .map((name) => `(import "extism:host/user" "${name}" (func (param i64) (result i64)))`);
  const bundle = await openBundle(
    bundleOf(`(module ${functions.join("")})`, { capabilities: ["state", "metadata", "exec"] }),
  );
  const code = await preparePlugin(bundle, { grants: GRANTS, instance: "x" }, shared)
    .then(() => "none", (error) => error.code);
  assert.is(code, "capability.denied");
  const lines = audit.lines.map((line) => JSON.parse(line));
  assert.equal(
    lines.map((l) => [l.entry, l.capability, l.function, l.outcome, l.code, l.instance, l.request]),
    [
      ["load", "state", "state_get,state_put", "denied", "capability.denied", "x", null],
      ["load", "exec", "", "denied", "capability.denied", "x", null],
    ],
  );
  audit.break();
  const unwritten = await preparePlugin(bundle, { grants: GRANTS }, shared)
    .then(() => "none", (error) => error.code);
  assert.is(unwritten, "output.unwritable");
});

const HELLO: LogLine = { level: "info", message: "hello", fields: { token: "s3cret" } };

/** A guest that logs and asks nothing. */
const LOGGING: Callable = {
  call: (_entry, _input, options) => {
    options.onLog?.(HELLO);
    options.onLog?.({ level: "warn", message: "bye" });
    return Promise.resolve({ output: bytes("fine"), fuel: 1 });
  },
};

test("a guest's log is written to the audit, whether or not anybody else listens", async () => {
  const heard: string[] = [];
  for (const log of [undefined, (line: LogLine) => void heard.push(line.message)]) {
    const { shared, audit, record } = services(() => "");
    const prepared = await preparePlugin(await open("log"), {}, { ...shared, log });
    await prepared.bind(LOGGING, RECORDED_LIMITS).call("f", bytes("{}"), OPTIONS);
    const lines = audit.lines.map((line) => JSON.parse(line));
    assert.equal(lines.map((l) => [l.entry, l.capability, l.function, l.outcome, l.request]), [
      ["f", "log", "log", "granted", HELLO],
      ["f", "log", "log", "granted", { level: "warn", message: "bye" }],
    ]);
    assert.is(lines[0].requestBytes, JSON.stringify(HELLO).length);
    assert.is(record.lines.length, 1);
    assert.not.match(record.lines[0]!, "hello");
  }
  assert.equal(heard, ["hello", "bye"]);
});

test("a call's own listener hears its log, beside the host's or alone", async () => {
  for (const log of [undefined, () => {}]) {
    const { shared } = services(() => "");
    const prepared = await preparePlugin(await open("log"), {}, {
      ...shared,
      log,
      audit: undefined,
    });
    const heard: LogLine[] = [];
    const callable = prepared.bind(LOGGING, RECORDED_LIMITS);
    await callable.call("f", bytes("{}"), { ...OPTIONS, onLog: (line) => void heard.push(line) });
    assert.equal(heard, [HELLO, { level: "warn", message: "bye" }]);
  }
});

test("with a redaction the audit shows no log message, and fields without what was named", async () => {
  const { shared } = services(() => "");
  const sink = memorySink();
  const audit = createAudit(sink, createRedaction(["/fields/token"]));
  const prepared = await preparePlugin(await open("log"), {}, { ...shared, audit });
  await prepared.bind(LOGGING, RECORDED_LIMITS).call("f", bytes("{}"), OPTIONS);
  assert.equal(JSON.parse(sink.lines[0]!).request, {
    level: "info",
    message: "[redacted]",
    fields: { token: "[redacted]" },
  });
});

test("a log line that cannot be written to the audit fails the call", async () => {
  const { shared, audit } = services(() => "");
  const prepared = await preparePlugin(await open("log"), {}, shared);
  audit.break();
  const code = await prepared.bind(LOGGING, RECORDED_LIMITS).call("f", bytes("{}"), OPTIONS)
    .then(() => "none", (error) => error.code);
  assert.is(code, "output.unwritable");
});

test.run();
