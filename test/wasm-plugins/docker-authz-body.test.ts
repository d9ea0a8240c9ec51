import * as assert from "uvu/assert";
import type { JsonValue } from "../../src/json.ts";
import { BarePolicy } from "../support/bare-policy.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ policy: BarePolicy }>("wasm-plugins/docker-authz/body");

test.before(async (context) => {
  context.policy = await BarePolicy.open("docker-authz");
});

test.after(({ policy }) => policy.close());

const SETTINGS = { images: ["*"], madeImages: ["*"], build: true, import: true, swarm: true };

/** A call of each endpoint that has no body, with what it needs in its query. */
const WITHOUT: readonly (readonly [method: string, path: string, query?: string])[] = [
  ["GET", "/_ping"],
  ["GET", "/containers/json"],
  ["GET", "/containers/web/top"],
  ["GET", "/containers/web/archive"],
  ["GET", "/images/busybox/json"],
  ["GET", "/images/get"],
  ["POST", "/containers/web/start"],
  ["POST", "/containers/web/stop"],
  ["POST", "/containers/web/restart"],
  ["POST", "/containers/web/kill"],
  ["POST", "/containers/web/pause"],
  ["POST", "/containers/web/unpause"],
  ["POST", "/containers/web/wait"],
  ["POST", "/containers/web/resize"],
  ["POST", "/containers/web/rename"],
  ["POST", "/containers/web/attach"],
  ["POST", "/containers/prune"],
  ["PUT", "/containers/web/archive"],
  ["DELETE", "/containers/web"],
  ["POST", "/exec/abc/resize"],
  ["POST", "/images/create", "fromImage"],
  ["POST", "/images/create", "fromSrc"],
  ["POST", "/images/load"],
  ["POST", "/images/busybox/tag", "repo"],
  ["POST", "/images/prune"],
  ["DELETE", "/images/busybox"],
  ["POST", "/build"],
  ["POST", "/build/cancel"],
  ["POST", "/build/prune"],
  ["POST", "/session"],
  ["POST", "/grpc"],
  ["POST", "/volumes/prune"],
  ["DELETE", "/volumes/data"],
  ["POST", "/networks/prune"],
  ["DELETE", "/networks/front"],
  ["DELETE", "/services/web"],
  ["DELETE", "/secrets/a"],
  ["DELETE", "/configs/a"],
];

/** A body of those that may have one, which says nothing; and all that may stand in it. */
const ACCOUNT = { username: "a", password: "b", email: "c", serveraddress: "d", auth: "" };
const SECRET = { Name: "a", Labels: {}, Data: "" };
const WITH: readonly (readonly [path: string, body: Record<string, JsonValue>])[] = [
  ["/auth", { ...ACCOUNT, identitytoken: "e", registrytoken: "f" }],
  ["/containers/create", { Image: "busybox:1" }],
  ["/containers/web/update", { Memory: 1 }],
  ["/containers/web/exec", { Cmd: ["sh"] }],
  ["/exec/abc/start", { Detach: false, Tty: true, ConsoleSize: [24, 80] }],
  ["/images/busybox/push", ACCOUNT],
  ["/commit", { Cmd: ["sh"], Env: ["A=b"], Labels: {} }],
  ["/volumes/create", { Name: "data" }],
  ["/networks/create", { Name: "front" }],
  ["/networks/front/connect", { Container: "web" }],
  ["/networks/front/disconnect", { Container: "web" }],
  ["/services/create", { TaskTemplate: { ContainerSpec: { Image: "busybox:1" } } }],
  ["/services/web/update", { TaskTemplate: { ContainerSpec: { Image: "busybox:1" } } }],
  ["/secrets/create", SECRET],
  ["/secrets/a/update", SECRET],
  ["/configs/create", SECRET],
  ["/configs/a/update", SECRET],
];

/** The rules by which a call with a body is denied, and where. */
async function rulesOf(
  policy: BarePolicy,
  [method, path, query]: readonly [string, string, string?],
  body: JsonValue,
): Promise<string[]> {
  const parameters = query === undefined ? {} : { [query]: ["busybox:1"] };
  const call = { method, path: `/v1.41${path}`, query: parameters, headers: {}, body };
  const { reasons } = await policy.check("docker.request", call, SETTINGS);
  return reasons.map((reason) => `${reason.rule} ${reason.path}`);
}

test("a call without a body may have an empty one and no other", async ({ policy }) => {
  for (const call of WITHOUT) {
    const name = call.join(" ");
    for (const body of [null, {}, { a: null, b: [], c: "" }]) {
      assert.equal(await rulesOf(policy, call, body), [], name);
    }
    assert.equal(await rulesOf(policy, call, { Thing: 1 }), ["field-known /body/Thing"], name);
    for (const body of [["x"], "x", 1]) {
      assert.equal(await rulesOf(policy, call, body), ["malformed-document /body"], name);
    }
  }
});

test("a body that a call has may hold what is known of it and nothing else", async ({ policy }) => {
  for (const [path, body] of WITH) {
    assert.equal(await rulesOf(policy, ["POST", path], body), [], path);
    const more = { ...body, Thing: 1 };
    assert.equal(await rulesOf(policy, ["POST", path], more), ["field-known /body/Thing"], path);
  }
});

test.run();
