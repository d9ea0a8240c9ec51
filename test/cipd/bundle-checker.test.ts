import * as assert from "uvu/assert";
import { CipdHost } from "../../src/cipd/cipd-host.ts";
import { createHost, createHostWith, type Host } from "../../src/host/host.ts";
import { failure, pin } from "../support/cipd-native.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("BundleChecker", 60_000);

const PINS = { implements: [{ contract: "admission", version: 1, kinds: ["cipd.pin"] }] };
const REASON = { rule: "prefix", severity: "error", message: "only infra/ is allowed" } as const;
const ALLOW = bundleOf(answering('{"allowed":true,"reasons":[]}'), PINS);
const DENY = bundleOf(answering(JSON.stringify({ allowed: false, reasons: [REASON] })), PINS);
const LOOP = bundleOf(
  `(module (memory (export "memory") 1)
    (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))`,
  PINS,
);

const cipdHost = (host: Host) =>
  new CipdHost({
    host,
    serviceUrl: "https://example.com",
    repository: { list: () => Promise.resolve({ entries: [] }) },
  });

test("a bundle admits and denies, with the reasons of its verdict (host 10)", async () => {
  await using host = await createHost();
  await using cipd = cipdHost(host);
  const [allow, deny] = [ALLOW, DENY].map((bundle) => cipd.newAdmissionPlugin({ bundle }));
  assert.equal(await allow!.checkAdmission(pin("a")), { admitted: true, reasons: [] });
  assert.equal(await deny!.checkAdmission(pin("a")), {
    admitted: false,
    message: "only infra/ is allowed [prefix]",
    reasons: [REASON],
  });
});

test("a bundle that does not judge pins rejects every check", async () => {
  await using host = await createHost();
  await using cipd = cipdHost(host);
  const bundle = bundleOf(answering("{}"));
  const plugin = cipd.newAdmissionPlugin({ bundle });
  for (const name of ["a", "b"]) {
    assert.is((await failure(plugin.checkAdmission(pin(name)))).code, "registry.not-implements");
  }
});

/** A host that tells what it opens and closes for its plugins. */
async function tellingHost(): Promise<{ host: Host; events: string[] }> {
  const events: string[] = [];
  const host = await createHostWith({}, (name) => {
    events.push(`open ${name}`);
    const close = () => Promise.resolve(void events.push(`close ${name}`));
    return Promise.resolve({ functions: [], close });
  });
  return { host, events };
}

const ASKS = bundleOf(answering('{"allowed":true,"reasons":[]}'), {
  ...PINS,
  capabilities: ["metadata"],
});

test("close() frees the bundle, and leaves the host and its other bundles alone", async () => {
  const { host, events } = await tellingHost();
  const cipd = cipdHost(host);
  const [one, two] = [1, 2].map(() =>
    cipd.newAdmissionPlugin({ bundle: ASKS, allowMetadata: true })
  );
  assert.equal(events, []);
  await Promise.all([one!.checkAdmission(pin("a")), two!.checkAdmission(pin("a"))]);
  assert.equal(events, ["open metadata", "open metadata"]);
  await one!.close();
  assert.equal(events.slice(2), ["close metadata"]);
  assert.ok((await two!.checkAdmission(pin("b"))).admitted);
  await cipd.close();
  assert.equal(events.slice(2), ["close metadata", "close metadata"]);
  await host.close();
  assert.is(events.length, 4);
});

test("close() waits for what is being loaded, and frees it; one that judges no pins, too (host 36)", async () => {
  for (const implement of [PINS, {}]) {
    const { host, events } = await tellingHost();
    const bundle = bundleOf(answering("{}"), { ...implement, capabilities: ["metadata"] });
    const plugin = cipdHost(host).newAdmissionPlugin({ bundle, allowMetadata: true });
    const waiting = plugin.checkAdmission(pin("a"));
    const closing = plugin.close();
    assert.is((await failure(waiting)).code, "cipd.closed");
    await closing;
    assert.equal(events, ["open metadata", "close metadata"]);
    await host.close();
  }
});

test("the host closes all that it can, and its server, where one of its bundles does not close", async () => {
  const events: string[] = [];
  let opened = 0;
  const host = await createHostWith({}, () => {
    const number = opened++;
    const close = async () => {
      if (number === 0) throw new Error("stuck");
      await new Promise((resolve) => setTimeout(resolve, 20));
      events.push(`close ${number}`);
    };
    return Promise.resolve({ functions: [], close });
  });
  const cipd = cipdHost(host);
  const plugins = [0, 1].map(() => cipd.newAdmissionPlugin({ bundle: ASKS, allowMetadata: true }));
  for (const plugin of plugins) await plugin.checkAdmission(pin("a"));
  const { message } = await failure(cipd.close());
  assert.match(message, /stuck/);
  assert.equal(events, ["close 1"]);
  await host.close();
});

test("close() ends a check that would take for ever (host 20, 27)", async () => {
  await using host = await createHost();
  await using cipd = cipdHost(host);
  // Deno's threads end with their deadline only; nobody waits for that here.
  const timeoutMs = "Deno" in globalThis ? 2_000 : 90_000;
  const fuel = Number.MAX_SAFE_INTEGER;
  const plugin = cipd.newAdmissionPlugin({ bundle: LOOP, fuel, timeoutMs });
  const waiting = plugin.checkAdmission(pin("a"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closing = plugin.close();
  assert.is((await failure(waiting)).code, "cipd.closed");
  await closing;
});

test.run();
