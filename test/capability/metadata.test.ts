import * as assert from "uvu/assert";
import { metadata, type MetadataGrant } from "../../src/capability/metadata.ts";
import type { MetadataPage, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import { LIMITS } from "../../src/limits.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { type Answer, ask, hostCall, pluginNamed } from "../support/capability.ts";
import { suite } from "../support/suite.ts";

const test = suite("metadata");

const INSTANCE = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

type List = (request: MetadataRequest) => Promise<MetadataPage>;

function open(list: unknown, grant: Partial<MetadataGrant> = {}): Promise<OpenedCapability> {
  const provider = { list: list as List };
  return metadata.open({ provider, ...grant }, pluginNamed("x"));
}

/** Asks a provider that answers `page`. */
async function answerTo(page: unknown, request = {}, grant = {}): Promise<Answer> {
  const m = await open(() => Promise.resolve(page), grant);
  return await ask(m, "metadata_list", { package: "a/b", ...request });
}

test("metadata_list passes the request on and gives the entries", async () => {
  const asked: MetadataRequest[] = [];
  const m = await open((request: MetadataRequest) => {
    asked.push(request);
    return Promise.resolve({
      entries: [
        {
          key: "log",
          value: "text \u00e9",
          contentType: "text/plain",
          fingerprint: "f",
          attachedBy: "user:a@b",
          attachedAt: "2026-01-31T12:00:00Z",
          unknown: 1,
        },
        { key: "raw", value: Uint8Array.of(255, 0) },
        { key: "bytes", value: new TextEncoder().encode("\ufeffmark") },
      ],
      nextPageToken: "next",
    });
  });
  const call = hostCall();
  const request = {
    service: "https://example.com",
    package: "infra/x",
    instanceId: INSTANCE,
    keys: ["log", "raw", "bytes"],
    pageToken: "start",
    pageSize: 7,
  };
  assert.equal(await ask(m, "metadata_list", request, call), {
    ok: {
      entries: [
        {
          key: "log",
          value: "text \u00e9",
          encoding: "utf8",
          contentType: "text/plain",
          fingerprint: "f",
          attachedBy: "user:a@b",
          attachedAt: "2026-01-31T12:00:00Z",
        },
        { key: "raw", value: "/wA=", encoding: "base64" },
        { key: "bytes", value: "\ufeffmark", encoding: "utf8" },
      ],
      nextPageToken: "next",
    },
  });
  assert.equal(asked, [{ ...request, signal: call.signal }]);
});

test("the last page has no token, whatever stands for none", async () => {
  for (const nextPageToken of [undefined, null, ""]) {
    assert.equal(await answerTo({ entries: [], nextPageToken }), { ok: { entries: [] } });
  }
});

test("what the grant does not cover is denied, and named; the provider never hears of it", async () => {
  const grant = { service: "https://s", packagePrefixes: ["a", "b/c"], keys: ["k", "l"] };
  let asked = 0;
  const m = await open(() => {
    asked++;
    return Promise.resolve({ entries: [] });
  }, grant);
  const denied = async (request: Record<string, string | string[]>, named: RegExp) => {
    const { error } = await ask(m, "metadata_list", { package: "a", ...request });
    assert.is(error?.code, "capability.denied", JSON.stringify(request));
    assert.match(error!.message, named);
  };
  await denied({ service: "https://t" }, /"https:\/\/s"/);
  await denied({ service: "https://s/" }, /"https:\/\/s"/);
  await denied({ package: "ab" }, /"a", "b\/c" and below/);
  await denied({ package: "b" }, /"a", "b\/c"/);
  await denied({ keys: ["k", "m"] }, /"k", "l"/);
  await denied({ keys: ["__proto__"] }, /"k", "l"/);
  assert.is(asked, 0);
  for (const name of ["a", "a/x/y", "b/c", "b/c/d"]) {
    assert.is((await ask(m, "metadata_list", { package: name })).error, undefined, name);
  }
});

test("the operator's service and keys are filled in where a guest names none", async () => {
  const asked: MetadataRequest[] = [];
  const m = await open((request: MetadataRequest) => {
    asked.push(request);
    return Promise.resolve({ entries: [{ key: "k", value: "" }, { key: "other", value: "" }] });
  }, { service: "https://s", keys: ["k"] });
  const { ok } = await ask(m, "metadata_list", { package: "a", keys: [] });
  assert.is(asked[0]!.service, "https://s");
  assert.equal(asked[0]!.keys, ["k"]);
  // What a provider gives without being asked is not passed on.
  assert.equal((ok!["entries"] as { key: string }[]).map((one) => one.key), ["k"]);
});

test("a request of another form is refused", async () => {
  const requests = [
    {},
    { package: "" },
    { package: "../a" },
    { package: "a/../b" },
    { package: "a//b" },
    { package: "A" },
    { package: "a", instanceId: "x" },
    { package: "a", keys: [""] },
    { package: "a", keys: "k" },
    { package: "a", pageSize: 0 },
    { package: "a", pageToken: "x".repeat(5_000) },
    { package: "a", more: 1 },
  ];
  const m = await open(() => Promise.reject(new Error("must not be asked")));
  for (const request of requests) {
    const { error } = await ask(m, "metadata_list", request);
    assert.is(error?.code, "capability.invalid", JSON.stringify(request));
  }
});

test("one call gets no more pages than granted", async () => {
  const m = await open(() => Promise.resolve({ entries: [], nextPageToken: "x" }), { maxPages: 2 });
  const [first, second] = [hostCall(), hostCall()];
  const codes: (string | undefined)[] = [];
  for (const call of [first, first, first, second]) {
    codes.push((await ask(m, "metadata_list", { package: "a" }, call)).error?.code);
  }
  assert.equal(codes, [undefined, undefined, "capability.limit", undefined]);
});

test("an answer that is none, or too large, is a failure of the source", async () => {
  const value = "x".repeat(LIMITS.metadataValueBytes);
  const answers: unknown[] = [
    undefined,
    null,
    {},
    { entries: {} },
    { entries: [{ key: "a" }] },
    { entries: [{ key: "", value: "" }] },
    { entries: [{ key: "a", value: 1 }] },
    { entries: [{ key: "a", value: "\ud800" }] },
    { entries: [{ key: "\udc00", value: "" }] },
    { entries: [{ key: "a", value: "", attachedAt: "yesterday" }] },
    { entries: [], nextPageToken: "x".repeat(5_000) },
    { entries: [{ key: "a", value: `${value}x` }] },
    { entries: [{ key: "a", value: new Uint8Array(LIMITS.metadataValueBytes + 1) }] },
    { entries: [{ key: "a", value: "\u00e9".repeat(LIMITS.metadataValueBytes / 2 + 1) }] },
    { entries: Array.from({ length: 9 }, () => ({ key: "a", value })) },
    { entries: Array.from({ length: 1_001 }, () => ({ key: "a", value: "" })) },
  ];
  for (const [index, answer] of answers.entries()) {
    assert.is((await answerTo(answer)).error?.code, "capability.failed", `answer ${index}`);
  }
  assert.is((await answerTo({ entries: [{ key: "a", value }] })).error, undefined);
});

test("a source that throws harms only its call, and its words stay with the host", async () => {
  const sources: List[] = [
    () => Promise.reject(new Error("/secret/path")),
    () => {
      throw new Error("/secret/path");
    },
  ];
  for (const list of sources) {
    const { error } = await ask(await open(list), "metadata_list", { package: "a" });
    assert.is(error?.code, "capability.failed");
    assert.not.match(error!.message, "secret");
  }
});

test("a source that hangs, or answers late, ends with its call and hears of it", async () => {
  let answer!: (page: MetadataPage) => void;
  let signal: AbortSignal | undefined;
  const m = await open((request: MetadataRequest) => {
    signal = request.signal;
    return new Promise<MetadataPage>((resolve) => answer = resolve);
  });
  const ending = new AbortController();
  const call = hostCall({ signal: ending.signal });
  const waiting = ask(m, "metadata_list", { package: "a" }, call);
  await Promise.resolve();
  ending.abort();
  assert.is((await waiting).error?.code, "capability.timeout");
  assert.ok(signal!.aborted);
  answer({ entries: [] });
});

test("a grant of another form is refused", async () => {
  const provider = { list: () => Promise.resolve({ entries: [] }) };
  const grants = [
    {},
    { provider: {} },
    { provider: null },
    { provider, service: "" },
    { provider, packagePrefixes: ["a/"] },
    { provider, packagePrefixes: [""] },
    { provider, packageprefixes: ["a"] },
    { provider, maxPages: 0 },
  ];
  for (const grant of grants) {
    let code: string | undefined;
    await metadata.open(grant as unknown as MetadataGrant, pluginNamed("x"))
      .catch((error: PluginError) => code = error.code);
    assert.is(code, "config.invalid", JSON.stringify(grant));
  }
});

test.run();
