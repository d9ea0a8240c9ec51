import * as assert from "uvu/assert";
import type { MetadataEntry, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import { listMetadata } from "../../src/cipd/repository-call.ts";
import { objectRefOf } from "../../src/cipd/pin.ts";
import { StatusError } from "../../src/cipd/status.ts";
import type { ListMetadataRequest } from "../../src/cipd/wire.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { IID } from "../support/cipd-fake-host.ts";
import { failure, pin, withCipdHost } from "../support/cipd-native.ts";
import { suite } from "../support/suite.ts";

const test = suite("listMetadata()", 60_000);

const SERVICE = "https://example.com";
const REQUEST: ListMetadataRequest = {
  serviceUrl: SERVICE,
  package: "a/b",
  instance: objectRefOf(IID),
  keys: ["k"],
  pageSize: 7,
  pageToken: "next",
};
const { signal } = new AbortController();

/** What the repository is asked, and what the plugin hears. */
async function asked(change: Partial<ListMetadataRequest>, entries: MetadataEntry[] = []) {
  const requests: MetadataRequest[] = [];
  const list = (request: MetadataRequest) => {
    requests.push(request);
    return Promise.resolve({ entries });
  };
  const response = await listMetadata({ list }, SERVICE, { ...REQUEST, ...change }, signal);
  return { request: requests[0]!, response };
}

test("it hands on what was asked, and CIPD's default where nothing was", async () => {
  const { request } = await asked({});
  assert.equal(request, {
    service: SERVICE,
    package: "a/b",
    instanceId: IID,
    keys: ["k"],
    pageSize: 7,
    pageToken: "next",
    signal,
  });
  const { request: bare } = await asked({ keys: [], pageSize: 0, pageToken: "" });
  assert.equal([bare.keys, bare.pageSize, bare.pageToken], [undefined, 20, undefined]);
  assert.is((await asked({ pageSize: -1 })).request.pageSize, 20);
});

test("entries come as CIPD's messages, with bytes and a time", async () => {
  const { response } = await asked({}, [
    { key: "k", value: "zwei ü", attachedAt: "2020-09-13T12:26:40.500Z" },
    { key: "k", value: Uint8Array.of(0, 255), contentType: "t", attachedBy: "user:a@example.com" },
  ]);
  const [first, second] = response.metadata;
  assert.is(response.nextPageToken, "");
  assert.is(new TextDecoder().decode(first!.value), "zwei ü");
  assert.equal(first!.attachedTs, { seconds: 1_600_000_000, nanos: 500_000_000 });
  assert.equal([second!.contentType, second!.attachedBy], ["t", "user:a@example.com"]);
  assert.equal([[...second!.value], second!.attachedTs], [[0, 255], null]);
});

for (
  const [what, change, code, words] of [
    ["another service", { serviceUrl: "https://evil.example" }, 7, /"https:\/\/evil\.example"/],
    ["no service", { serviceUrl: "" }, 7, /"" was asked for/],
    ["a service that only looks alike", { serviceUrl: `${SERVICE}/` }, 7, /asked for/],
    ["no instance", { instance: null }, 3, /\[cipd\.pin-invalid\]/],
    ["an unknown hash", { instance: { hashAlgo: 9, hexDigest: "" } }, 3, /number 9/],
    ["half a digest", { instance: { hashAlgo: 2, hexDigest: "ab" } }, 3, /is no SHA256/],
  ] as const
) {
  test(`${what} is refused, and the repository is not asked`, async () => {
    const list = () => Promise.reject(new Error("it was asked"));
    const request = { ...REQUEST, ...change };
    const error = await failure(listMetadata({ list }, SERVICE, request, signal));
    assert.instance(error, StatusError);
    assert.is(error.code as unknown, code);
    assert.match(error.message, words);
  });
}

for (
  const [what, thrown, code] of [
    ["a status", new StatusError(5, "no such package"), 5],
    ["a denial of the operator's", new PluginError("capability.denied", "not this package"), 7],
    ["a failure", new PluginError("capability.failed", "the service is down"), 14],
    ["any other error", new Error("what?"), 2],
    ["what is no error", "what?", 2],
  ] as const
) {
  test(`a repository that throws ${what} is the plugin's status ${code}`, async () => {
    const list = () => Promise.reject(thrown);
    const error = await failure(listMetadata({ list }, SERVICE, REQUEST, signal));
    assert.instance(error, StatusError);
    assert.is(error.code as unknown, code);
  });
}

test("without a repository it is UNIMPLEMENTED", async () => {
  const error = await failure(listMetadata(undefined, SERVICE, REQUEST, signal));
  assert.is(error.code as unknown, 12);
});

test("a plugin's own calls are refused as well", async () => {
  const list = () => Promise.reject(new Error("it was asked"));
  await withCipdHost(async ({ launch }) => {
    const { message, details } = await failure(launch().checkAdmission(pin("elsewhere/a")));
    assert.equal(details, { grpcCode: 7 });
    assert.match(message, /"https:\/\/elsewhere\.example" was asked for/);
  }, { list });
});

test.run();
