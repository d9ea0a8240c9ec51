import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import { encodeBase64 } from "../../src/document/base64.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { callDocker, fakePolicy } from "../support/docker.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/authz");

const REQUEST = "AuthZPlugin.AuthZReq";
const RESPONSE = "AuthZPlugin.AuthZRes";
const CREATE = "/v1.41/containers/create";
const JSON_TYPE = { "Content-Type": "application/json" };

const bytesOf = (body: JsonValue | Uint8Array): Uint8Array =>
  body instanceof Uint8Array
    ? body
    : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));

/** What Docker sends of a call whose body it shows. */
function shown(uri: string, body: JsonValue | Uint8Array, change: JsonObject = {}): JsonObject {
  const bytes = bytesOf(body);
  return {
    RequestMethod: "POST",
    RequestUri: uri,
    RequestHeaders: { ...JSON_TYPE, "Content-Length": String(bytes.length) },
    RequestBody: encodeBase64(bytes),
    ...change,
  };
}

/** And of one of whose body it shows nothing. */
function unshown(uri: string, headers: Record<string, string>, method = "POST"): JsonObject {
  return { RequestMethod: method, RequestUri: uri, RequestHeaders: headers };
}

async function ask(body: JsonObject, method = REQUEST) {
  const { plugin, documents } = fakePolicy(["docker.request", "docker.response"]);
  const answer = await callDocker(handlerOf([plugin]), method, body);
  return { ...answer, documents, object: documents[0]?.object as JsonObject | undefined };
}

test("a call is judged decoded: path, query, headers, body, user (moby 26)", async () => {
  const { status, body, documents } = await ask(
    shown("/v1.41/%63ontainers/create?name=web&x=1&x=2", {
      image: "busybox",
      HOSTCONFIG: { privileged: true },
      Labels: { privileged: "mine" },
    }, {
      User: "alice",
      UserAuthNMethod: "TLS",
      RequestPeerCertificates: ["bm9uZQ=="],
    }),
  );
  assert.equal([status, body], [200, { Allow: true }]);
  const [{ kind, subject, object }] = documents as [typeof documents[0] & object];
  assert.equal([kind, subject.name], ["docker.request", `POST ${CREATE}`]);
  assert.match(subject.digest!, /^sha256:[0-9a-f]{64}$/);
  assert.equal(object, {
    method: "POST",
    path: CREATE,
    query: { name: ["web"], x: ["1", "2"] },
    user: "alice",
    headers: { "content-type": "application/json", "content-length": "83" },
    body: {
      Image: "busybox",
      HostConfig: { Privileged: true },
      Labels: { privileged: "mine" },
    },
  });
});

for (
  const [what, change, user] of [
    ["no certificate", {}, undefined],
    ["a certificate with a name", { User: "bob", UserAuthNMethod: "TLS" }, "bob"],
    ["a certificate without a name", { UserAuthNMethod: "TLS" }, ""],
    ["a name that was proved otherwise", { User: "bob" }, "bob"],
  ] as const
) {
  test(`who shows ${what} is told from all others (moby 26)`, async () => {
    const { object } = await ask({ ...unshown("/_ping", {}, "GET"), ...change });
    assert.is(object!.user, user);
    assert.is(Object.hasOwn(object!, "user"), user !== undefined);
  });
}

test("numbers that a double would round are their digits, as in every document", async () => {
  const { object } = await ask(shown(CREATE, '{"StopTimeout":9007199254740993,"x":1e2}'));
  assert.equal(object!.body, { StopTimeout: "9007199254740993", x: 100 });
});

for (
  const [what, call, wanted] of [
    ["nothing to read", unshown("/v1.41/info", {}, "GET"), {}],
    ["a ping", unshown("/_ping", {}, "HEAD"), {}],
    ["what is removed, whatever is said of a body", {
      ...unshown("/v1.41/containers/a?force=1", { "Content-Length": "9" }, "DELETE"),
    }, {}],
    [
      "what needs no body and has none",
      unshown("/containers/a/stop", { "Content-Length": "0" }),
      {},
    ],
    ["the same as a form", {
      ...unshown("/containers/a/stop", {
        "Content-Length": "0",
        "Content-Type": "application/x-www-form-urlencoded",
      }),
    }, {}],
    ["a pull", unshown("/images/create?fromImage=a", { "Content-Length": "0" }), {}],
    [
      "a commit without a configuration",
      unshown("/commit?container=a", { "Content-Length": "0" }),
      {},
    ],
    ["a commit with one", shown("/commit?container=a", { env: ["a=b"] }), {
      body: { Env: ["a=b"] },
    }],
    ["a start with nothing to configure", shown("/containers/a/start", {}), { body: {} }],
    ["a start with null", shown("/containers/a/start", "null"), { body: null }],
    ["a list of privileges", shown("/plugins/pull?remote=a", [{ name: "x" }]), {
      body: [{ Name: "x" }],
    }],
    ["a body whose length Docker does not say", {
      ...shown(CREATE, { Image: "a" }, { RequestHeaders: JSON_TYPE }),
    }, { body: { Image: "a" } }],
    ["a body of which two types are said", {
      ...shown(CREATE, { Image: "a" }, { RequestHeaders: { "Content-Type": "text/plain" } }),
    }, { body: { Image: "a" } }],
    ["an archive for an image", unshown("/build?t=a", { "Content-Type": "application/x-tar" }), {
      bodyHidden: true,
    }],
    ["an image to load", unshown("/images/load", { "Content-Length": "1000" }), {
      bodyHidden: true,
    }],
    ["an image to import", unshown("/images/create?fromSrc=-&repo=a", {}), { bodyHidden: true }],
    ["files for a container", unshown("/containers/a/archive?path=/", {}, "PUT"), {
      bodyHidden: true,
    }],
    [
      "a password, which Docker never shows",
      unshown("/v1.41/auth", {
        ...JSON_TYPE,
        "Content-Length": "60",
      }),
      { bodyHidden: true },
    ],
    ["a session of BuildKit", unshown("/session", { Upgrade: "h2c" }), { bodyHidden: true }],
    ["a raw connection", unshown("/containers/a/attach?stdin=1", {}), { bodyHidden: true }],
  ] as const
) {
  test(`the policy is asked about ${what}`, async () => {
    const { status, body, object } = await ask(call as JsonObject);
    assert.equal([status, body], [200, { Allow: true }]);
    const { body: seen, bodyHidden } = object!;
    assert.equal({
      ...(seen === undefined ? {} : { body: seen }),
      ...(bodyHidden === undefined ? {} : { bodyHidden }),
    }, wanted);
  });
}

const FORM = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
const BIG = { ...JSON_TYPE, "Content-Length": "1048576" };

for (
  const [what, call, rule, words] of [
    ["JSON of 1 MiB", unshown(CREATE, BIG), "body-hidden", /of its body of 1048576 bytes/],
    ["JSON in chunks", unshown(CREATE, JSON_TYPE), "body-hidden", /shows no body of it/],
    [
      "JSON that ends like the password's path",
      unshown(`${CREATE}?x=/auth`, {
        ...JSON_TYPE,
        "Content-Length": "20",
      }),
      "body-hidden",
      /20 bytes/,
    ],
    [
      "JSON under another name",
      unshown("/services/create", {
        "Content-Type": "text/plain",
        "Content-Length": "20",
      }),
      "body-hidden",
      /20 bytes \(text\/plain\)/,
    ],
    [
      "no JSON where there has to be some",
      unshown(CREATE, { "Content-Length": "0" }),
      "body-hidden",
      /there is none/,
    ],
    [
      "a part of a body",
      shown(CREATE, {}, { RequestHeaders: { ...JSON_TYPE, "Content-Length": "9" } }),
      "body-hidden",
      /2 bytes of its body of 9/,
    ],
    [
      "a form",
      unshown("/images/create?fromImage=a", { ...FORM, "Content-Length": "9" }),
      "body-hidden",
      /a form/,
    ],
    ["a form in chunks", unshown("/images/create?fromImage=a", FORM), "body-hidden", /a form/],
    [
      "a form for what takes archives",
      unshown("/build?t=a", { ...FORM, "Content-Length": "9" }),
      "body-hidden",
      /a form/,
    ],
    [
      "a form of parts",
      unshown("/images/load", { "Content-Type": "Multipart/Form-Data; boundary=x" }),
      "body-hidden",
      /a form/,
    ],
    [
      "what may be a form in chunks",
      unshown("/images/a/tag?repo=b", {}),
      "body-hidden",
      /Content-Length: 0/,
    ],
    [
      "what may be a form under another name",
      unshown("/images/a/tag?repo=b", { "Content-Type": "text/plain", "Content-Length": "9" }),
      "body-hidden",
      /9 bytes/,
    ],
    [
      "a pull that may be a form",
      unshown("/images/create?fromImage=a", {}),
      "body-hidden",
      /shows no body/,
    ],
    [
      "a pull that looks like an import",
      unshown("/images/create?fromImage=a&fromSrc=-", {}),
      "body-hidden",
      /shows no body/,
    ],
    [
      "a start with a configuration",
      shown("/v1.23/containers/a/start", { privileged: true }),
      "start-with-config",
      /when it is made/,
    ],
    [
      "a start with anything",
      shown("/containers/a/b/start", [1]),
      "start-with-config",
      /when it is made/,
    ],
    [
      "a start with something unseen",
      unshown("/v1.23/containers/a/start", { "Content-Length": "20" }),
      "body-hidden",
      /20 bytes/,
    ],
    ["no JSON", shown(CREATE, "hello"), "call-unreadable", /not the JSON it says/],
    [
      "something behind JSON",
      shown(CREATE, '{"Image":"a"}{"HostConfig":{}}'),
      "call-unreadable",
      /something follows/,
    ],
    ["a key twice", shown(CREATE, '{"Image":"a","Image":"b"}'), "call-unreadable", /stands twice/],
    [
      "a field twice",
      shown(CREATE, '{"HostConfig":{"Privileged":false,"privileged":true}}'),
      "call-unreadable",
      /takes the key "privileged" for "Privileged"/,
    ],
    [
      "a field twice, in a name with slashes",
      shown("/containers/a/b/exec", '{"Privileged":false,"privileged":true}'),
      "call-unreadable",
      /takes the key/,
    ],
    [
      "bytes that are no UTF-8",
      shown(CREATE, new Uint8Array([0x22, 0xff, 0x22])),
      "call-unreadable",
      /not UTF-8/,
    ],
    ["a byte-order mark", shown(CREATE, "\ufeff{}"), "call-unreadable", /Parsing JSON failed/],
    ["white space for a body", shown(CREATE, " "), "call-unreadable", /it is empty/],
    ["half a surrogate pair", shown(CREATE, '{"Image":"\\ud800"}'), "call-unreadable", /surrogate/],
    ["a number without end", shown(CREATE, '{"x":1e999}'), "call-unreadable", /1e999/],
    [
      "a path of another API",
      unshown("/debug/pprof/cmdline", {}, "GET"),
      "call-unreadable",
      /"GET \/debug\/pprof\/cmdline" is no call/,
    ],
    [
      "another version than is known",
      shown("/v1.41.0/containers/create", {}),
      "call-unreadable",
      /no call of the Engine API/,
    ],
    [
      "another method",
      shown(CREATE, {}, { RequestMethod: "PATCH" }),
      "call-unreadable",
      /no call of the Engine API/,
    ],
    ["a method in lower case", unshown("/info", {}, "get"), "call-unreadable", /no call/],
    [
      "a path that can be read in two ways",
      unshown("/containers//create", {}),
      "call-unreadable",
      /more than one way/,
    ],
    [
      "a query that can be read in two ways",
      unshown("/info?a;b", {}, "GET"),
      "call-unreadable",
      /";"/,
    ],
    [
      "a header twice",
      unshown("/info", { "x-a": "1", "X-A": "2" }, "GET"),
      "call-unreadable",
      /the header "x-a" is there twice/,
    ],
    ["nothing", {}, "call-unreadable", /the URI ""/],
  ] as const
) {
  test(`no policy is asked about ${what}, which is denied`, async () => {
    const { status, body, documents } = await ask(call as JsonObject);
    assert.is(status, 200);
    assert.is(body.Allow, false);
    assert.match(body.Msg as string, words);
    assert.ok((body.Msg as string).endsWith(` [cofferdam.${rule}]`), body.Msg as string);
    assert.is(documents.length, 0);
  });
}

for (
  const [what, call] of [
    ["a body that is no base64", { ...shown(CREATE, {}), RequestBody: "{}" }],
    ["headers that are no texts", { ...shown(CREATE, {}), RequestHeaders: { a: 1 } }],
    ["a method that is no text", { ...shown(CREATE, {}), RequestMethod: 1 }],
    ["two methods", { ...shown(CREATE, {}), requestmethod: "GET" }],
  ] as const
) {
  test(`what Docker would not send is an error, which blocks: ${what}`, async () => {
    const { status, body, documents } = await ask(call as JsonObject);
    assert.is(status, 400);
    assert.match(body.Err as string, /\[docker\.request-invalid\]$/);
    assert.is(documents.length, 0);
  });
}

test("a body of 4 MiB passes (moby 26)", async () => {
  const labels = { x: "y".repeat(4 * 1024 * 1024 - 20) };
  const { body, object } = await ask(shown(CREATE, { Labels: labels }));
  assert.equal(body, { Allow: true });
  assert.is(((object!.body as JsonObject).Labels as JsonObject).x, labels.x);
});

const answer = (change: JsonObject): JsonObject => ({
  ...unshown("/v1.41/containers/a/json", {}, "GET"),
  User: "alice",
  ResponseStatusCode: 200,
  ResponseHeaders: { ...JSON_TYPE, "Api-Version": "1.41" },
  ...change,
});

for (
  const [what, change, wanted] of [
    ["JSON", { ResponseBody: encodeBase64(bytesOf({ id: "x", Id: "y" })) }, {
      body: { id: "x", Id: "y" },
    }],
    ["nothing of a body", {}, { bodyHidden: true }],
    ["the end of an answer", { ResponseBody: encodeBase64(bytesOf('"x"}')) }, { bodyHidden: true }],
    ["several values", { ResponseBody: encodeBase64(bytesOf("{}\n{}\n")) }, { bodyHidden: true }],
    ["an answer that is under way", { ResponseStatusCode: null, ResponseHeaders: null }, {
      bodyHidden: true,
      status: 0,
      headers: {},
    }],
    ["no content", { ResponseStatusCode: 204, ResponseHeaders: {} }, { status: 204, headers: {} }],
    ["no length", { ResponseHeaders: { "Content-Length": "0" } }, {
      headers: { "content-length": "0" },
    }],
  ] as const
) {
  test(`an answer is judged: ${what} (moby 26)`, async () => {
    const { body, documents } = await ask(answer(change), RESPONSE);
    assert.equal(body, { Allow: true });
    assert.is(documents[0]!.kind, "docker.response");
    assert.equal(documents[0]!.object, {
      method: "GET",
      path: "/v1.41/containers/a/json",
      query: {},
      user: "alice",
      status: 200,
      headers: { "content-type": "application/json", "api-version": "1.41" },
      ...wanted,
    });
  });
}

test("what no plugin judges may pass; what one judges, all have to allow", async () => {
  const error = { rule: "no", message: "not you", severity: "error" } as const;
  const requests = fakePolicy(["docker.request"]);
  const strict = fakePolicy(["docker.request"], () => [error]);
  const responses = fakePolicy(["docker.response"], () => [error]);
  const ping = unshown("/_ping", {}, "GET");
  const one = handlerOf([requests.plugin]);
  assert.equal(one.implements, ["authz"]);
  assert.equal((await callDocker(one, REQUEST, ping)).body, { Allow: true });
  assert.equal((await callDocker(one, RESPONSE, answer({}))).body, { Allow: true });
  assert.is(requests.documents.length, 1);
  const all = handlerOf([requests.plugin, strict.plugin, responses.plugin]);
  const denied = { Allow: false, Msg: "not you [no]" };
  assert.equal((await callDocker(all, REQUEST, ping)).body, denied);
  assert.equal((await callDocker(all, RESPONSE, answer({}))).body, denied);
  assert.equal([strict, responses].map(({ documents }) => documents.length), [1, 1]);
  // Nobody judges requests: nothing is said of those that nobody could judge either.
  const later = handlerOf([responses.plugin]);
  assert.equal((await callDocker(later, REQUEST, unshown(CREATE, BIG))).body, { Allow: true });
});

test("what goes wrong in a policy is an error, which blocks, and no denial (moby 26)", async () => {
  const { plugin } = fakePolicy(["docker.request"], () => {
    throw new PluginError("sandbox.fuel", "used up");
  });
  const { status, body } = await callDocker(
    handlerOf([plugin]),
    REQUEST,
    unshown("/_ping", {}, "GET"),
  );
  assert.equal([status, body.Err, body.Allow], [500, "used up [sandbox.fuel]", undefined]);
});

test.run();
