import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import { encodeBase64 } from "../../src/document/base64.ts";
import type { JsonObject } from "../../src/json.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { callDocker, fakePolicy } from "../support/docker.ts";
import { suite } from "../support/suite.ts";
import {
  ask,
  BIG,
  bytesOf,
  CREATE,
  JSON_TYPE,
  REQUEST,
  RESPONSE,
  shown,
  unshown,
} from "./authz-call.ts";

const test = suite("docker/authz");

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
