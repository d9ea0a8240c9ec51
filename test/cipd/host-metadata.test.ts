import * as assert from "uvu/assert";
import { type Call, metadataFromHost } from "../../src/cipd/host-metadata.ts";
import { LIST_METADATA, type ListMetadataResponse } from "../../src/cipd/wire.ts";
import { suite } from "../support/suite.ts";
import { IID } from "../support/cipd-fake-host.ts";

const test = suite("metadataFromHost()");

const ASKED = {
  service: undefined,
  package: "a/b",
  instanceId: IID,
  keys: ["k"],
  pageSize: 7,
  pageToken: "start-from-7",
  signal: new AbortController().signal,
};

test("it asks the host with keys and paging, about the service at hand", async () => {
  const calls: unknown[][] = [];
  const response: ListMetadataResponse = {
    metadata: [{
      key: "k",
      value: Uint8Array.of(1),
      contentType: "",
      fingerprint: "f",
      attachedBy: "user:a@example.com",
      attachedTs: { seconds: 1_600_000_000, nanos: 500_000_000 },
    }],
    nextPageToken: "start-from-14",
  };
  const call = ((...args: unknown[]) => {
    calls.push(args);
    return Promise.resolve(response);
  }) as Call;
  const page = await metadataFromHost(call, () => "https://example.com").list(ASKED);
  assert.equal(page, {
    entries: [{
      key: "k",
      value: Uint8Array.of(1),
      contentType: "",
      fingerprint: "f",
      attachedBy: "user:a@example.com",
      attachedAt: "2020-09-13T12:26:40.500Z",
    }],
    nextPageToken: "start-from-14",
  });
  const [method, request, signal] = calls[0]!;
  assert.is(method, LIST_METADATA);
  assert.is(signal, ASKED.signal);
  assert.equal(request, {
    serviceUrl: "https://example.com",
    package: "a/b",
    instance: {
      hashAlgo: 2,
      hexDigest: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
    },
    keys: ["k"],
    pageSize: 7,
    pageToken: "start-from-7",
  });
});

test("it names another service as it was asked, for the host to refuse", async () => {
  let serviceUrl = "";
  const call = ((_: unknown, request: { serviceUrl: string }) => {
    serviceUrl = request.serviceUrl;
    return Promise.resolve({ metadata: [], nextPageToken: "" });
  }) as unknown as Call;
  await metadataFromHost(call, () => "https://a").list({ ...ASKED, service: "https://b" });
  assert.is(serviceUrl, "https://b");
});

test("it asks about instances only", async () => {
  const call = (() => assert.unreachable()) as unknown as Call;
  const code = await metadataFromHost(call, () => "").list({ ...ASKED, instanceId: undefined })
    .catch((error) => error.code);
  assert.is(code, "cipd.pin-invalid");
});

test.run();
