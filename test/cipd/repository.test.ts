import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as assert from "uvu/assert";
import { metadataFromRepository } from "../../src/cipd/repository.ts";
import { LIMITS } from "../../src/limits.ts";
import { IID } from "../support/cipd-fake-host.ts";
import { suite } from "../support/suite.ts";

const test = suite("metadataFromRepository()", 60_000);

const ASKED = {
  service: undefined,
  package: "a/b",
  instanceId: IID,
  keys: ["k"],
  pageSize: 7,
  pageToken: "next",
  signal: new AbortController().signal,
};

/** A service that answers as it is told. */
async function withService(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What one answer of the service is taken for: the page, or the error's words. */
async function outcomeOf(
  status: number,
  headers: Record<string, string>,
  body: string,
): Promise<unknown> {
  let outcome: unknown;
  await withService((_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  }, async (url) => {
    outcome = await metadataFromRepository(url).list(ASKED).catch((error) => error.message);
  });
  return outcome;
}

const OK = { "X-Prpc-Grpc-Code": "0" };

test("it asks by pRPC in JSON, and reads a page", async () => {
  const seen: unknown[] = [];
  const answer = {
    metadata: [
      { key: "k", value: "AP8=", contentType: "t", attachedTs: "2026-01-31T12:00:00.5Z" },
      { key: "k" },
    ],
    nextPageToken: "more",
  };
  await withService((request, response, body) => {
    seen.push([request.method, request.url, request.headers["content-type"], JSON.parse(body)]);
    response.writeHead(200, OK);
    response.end(`)]}'\n${JSON.stringify(answer)}`);
  }, async (url) => {
    const { entries, nextPageToken } = await metadataFromRepository(url).list(ASKED);
    assert.is(nextPageToken, "more");
    assert.equal(entries.map(({ value }) => [...value as Uint8Array]), [[0, 255], []]);
    assert.is(entries[0]!.attachedAt, "2026-01-31T12:00:00.5Z");
    assert.is(entries[1]!.attachedAt, undefined);
  });
  assert.equal(seen, [[
    "POST",
    "/prpc/cipd.Repository/ListMetadata",
    "application/json",
    {
      package: "a/b",
      instance: {
        hashAlgo: "SHA256",
        hexDigest: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
      },
      keys: ["k"],
      pageSize: 7,
      pageToken: "next",
    },
  ]]);
});

const PAGE = `)]}'\n{"metadata":[`;

for (
  const [what, status, headers, body, words] of [
    ["refuses", 403, { "X-Prpc-Grpc-Code": "7" }, "no rights", /gRPC code 7: no rights/],
    ["is no pRPC", 200, {}, "<html>", /HTTP status 200: <html>/],
    ["is another host", 404, {}, "", /HTTP status 404/],
    ["breaks off", 200, OK, PAGE, /is no JSON/],
    ["says nothing", 200, OK, "", /is no JSON/],
    ["answers a list", 200, OK, "[]", /the answer is none/],
    ["has a key that is no text", 200, OK, `${PAGE}{"key":1}]}`, /the answer is none/],
    ["has a value that is no base64", 200, OK, `${PAGE}{"key":"k","value":"*"}]}`, /no base64/],
    ["sends us elsewhere", 302, { Location: "http://127.0.0.1:1/" }, "", /./],
  ] as const
) {
  test(`a service that ${what} is an error`, async () => {
    assert.match(await outcomeOf(status, headers as Record<string, string>, body) as string, words);
  });
}

test("an answer without end is cut", async () => {
  const body = PAGE + " ".repeat(2 * LIMITS.metadataPageBytes);
  assert.match(await outcomeOf(200, OK, body) as string, /has more than \d+ bytes/);
});

test("a service that does not answer is given up with the call", async () => {
  await withService(() => {}, async (url) => {
    const signal = AbortSignal.timeout(50);
    const error = await metadataFromRepository(url).list({ ...ASKED, signal }).catch((e) => e);
    assert.match((error as Error).name, /TimeoutError|AbortError/);
  });
});

test.run();
