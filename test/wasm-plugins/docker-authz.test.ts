import * as assert from "uvu/assert";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import { encodeVerdict } from "../../src/contract/verdict.ts";
import { createHandler } from "../../src/docker/handler.ts";
import { encodeBase64 } from "../../src/document/base64.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import { parseDocuments } from "../../src/document/parse.ts";
import { createHost } from "../../src/host/host.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { documentOf } from "../../src/testing/question.ts";
import { callDocker } from "../support/docker.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";
import {
  type BadSettings,
  checkDefaults,
  testBadSettings,
  testPolicy,
} from "../support/tested-policy.ts";

const test = suite("wasm-plugins/docker-authz");

// That there are more reasons takes a hundred of them, below.
const policy = await testPolicy(test, "docker-authz", { elsewhere: ["more-reasons"] });

/** Settings and where they are wrong, by the schema and by the policy. */
const BAD_SETTINGS: BadSettings = [
  [{}, ""],
  [[], ""],
  [{ images: "*" }, "/images"],
  [{ images: [1] }, "/images/0"],
  [{ images: [""] }, "/images/0"],
  [{ images: [], image: [] }, ""],
  [{ images: [], pinned: "yes" }, "/pinned"],
  [{ images: [], exec: 0 }, "/exec"],
  [{ images: [], imageIds: ["sha256:1"] }, "/imageIds/0"],
  [{ images: [], hostNamespaces: ["net"] }, "/hostNamespaces/0"],
  [{ images: [], fields: ["Privileged"] }, "/fields/0"],
  [{ images: [], mounts: ["/srv"] }, "/mounts/0"],
  [{ images: [], mounts: [{ readOnly: true }] }, "/mounts/0"],
  [{ images: [], mounts: [{ path: "srv" }] }, "/mounts/0/path"],
  [{ images: [], mounts: [{ path: "/srv/" }] }, "/mounts/0/path"],
  [{ images: [], mounts: [{ path: "/srv", readonly: true }] }, "/mounts/0"],
  [{ images: [], capabilities: ["cap_chown"] }, "/capabilities/0"],
  [{ images: [], devices: ["dri"] }, "/devices/0"],
  [{ images: [], networkIds: ["front"] }, "/networkIds/0"],
  [{ images: [], users: [] }, "/users"],
  [{ images: [], users: { root: [] } }, "/users"],
  [{ images: [], users: { admin: "root" } }, "/users/admin"],
  [{ images: [], otherUsers: "root" }, "/otherUsers"],
  [{ images: [], secretVariables: ["A|B"] }, "/secretVariables/0"],
];

const PING: JsonObject = { method: "GET", path: "/_ping", query: {}, headers: {} };
const SETTINGS: JsonObject = { images: ["docker.io/library/*"] };

testBadSettings(test, policy, "docker.request", PING, BAD_SETTINGS);

test("the manifest's defaults are the policy's", async () => {
  const names = await checkDefaults(policy);
  // Every setting but the one that has to be there has one.
  const all = Object.keys(policy.manifest.settings!["properties"] as JsonObject);
  assert.equal(all.filter((name) => !names.includes(name)), ["images"]);
});

/** A body of a container, by the door of the daemon and by that of a saved file. */
async function throughBothDoors(body: JsonObject): Promise<[string[], string[]]> {
  const call = {
    method: "POST",
    path: "/v1.41/containers/create",
    query: {},
    headers: {},
    body,
  };
  const verdicts = await Promise.all(
    ([["docker.request", call], ["docker.config", body]] as const).map(async ([kind, value]) => {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      const [document] = await parseDocuments(bytes, { name: "x.json", kind });
      return await policy.bench.plugin(import.meta.url).check({
        kind,
        object: document!.object,
        settings: SETTINGS,
      });
    }),
  );
  return verdicts.map(({ reasons }) => reasons.map(({ rule }) => rule)) as [string[], string[]];
}

test("a body gets the same reasons through both doors, in whichever case its keys are", async () => {
  for (
    const [body, rules] of [
      [{ Image: "busybox:1" }, []],
      [{ image: "busybox:1", hostconfig: { PRIVILEGED: true, capadd: ["all"] } }, [
        "capability-added",
        "privileged",
      ]],
      [{ Image: "evil.example/x:1", HostConfig: { binds: ["/:/host"], pidmode: "host" } }, [
        "host-mount",
        "host-namespace",
        "image-allowed",
      ]],
      [{ Image: "busybox:1", HostConfig: { mounts: [{ type: "bind", SOURCE: "/etc" }] } }, [
        "host-mount",
      ]],
    ] as const
  ) {
    const [request, config] = await throughBothDoors(body as unknown as JsonObject);
    assert.equal([...request].sort(), rules);
    assert.equal([...config].sort(), rules);
  }
});

test("more reasons than are shown are told of", async () => {
  const HostConfig = { CapAdd: Array.from({ length: 10_000 }, (_, i) => `X${i}`) };
  const call = {
    ...PING,
    method: "POST",
    path: "/containers/create",
    body: { Image: "a:1", HostConfig },
  };
  const { allowed, reasons } = await policy.bare.check("docker.request", call, SETTINGS);
  assert.is(allowed, false);
  assert.is(reasons.length, 101);
  assert.is(
    reasons.find(({ rule }) => rule === "more-reasons")!.message,
    "There are more than 100 reasons; the rest was not looked at.",
  );
});

test("a body of a hundred thousand unknown fields gets a verdict within the limits", async () => {
  const entries = Array.from({ length: 100_000 }, (_, i) => [`x${i}`, 1] as const);
  const HostConfig = Object.fromEntries(entries);
  const body = { Image: "a:1", HostConfig };
  const call = { ...PING, method: "POST", path: "/containers/create", body };
  const question = { kind: "docker.request", object: call, settings: SETTINGS } as const;
  const { allowed, reasons } = await policy.bench.plugin(import.meta.url).check(question);
  assert.is(allowed, false);
  assert.is(reasons.length, 101);
});

test("a body of more than can be looked at is denied, for want of fuel", async () => {
  await using host = await createHost();
  const plugin = await host.load(builtPlugin("docker-authz"), { settings: SETTINGS });
  const handler = createHandler({ authz: [plugin] });
  const fields = Array.from({ length: 200_000 }, (_, i) => `"x${i}":1`).join();
  const body = `{"Image":"a:1","HostConfig":{${fields}}}`;
  const asked = {
    RequestMethod: "POST",
    RequestUri: "/v1.41/containers/create",
    RequestHeaders: { "Content-Type": "application/json", "Content-Length": `${body.length}` },
    RequestBody: encodeBase64(new TextEncoder().encode(body)),
  };
  const answer = await callDocker(handler, "AuthZPlugin.AuthZReq", asked);
  // To Docker, whatever is no 200 is a denial.
  assert.is(answer.status, 500);
  assert.match(answer.body["Err"] as string, /\[sandbox\.fuel\]$/);
  const small = { ...asked, RequestUri: "/_ping", RequestMethod: "GET", RequestBody: "" };
  assert.equal((await callDocker(handler, "AuthZPlugin.AuthZReq", small)).body, { Allow: true });
});

test("hostile texts come back in messages, cut short and as whole characters", async () => {
  const text = `"\\\n\u0000\u2028<script>${"🎉".repeat(500_000)}\ud800`;
  const HostConfig = { Binds: [`/${text}:/x`], SecurityOpt: [text], Runtime: text, [text]: 1 };
  const body = { Image: text, HostConfig };
  const call = { ...PING, method: "POST", path: "/containers/create", user: text, body };
  const { allowed, reasons } = await policy.bare.check("docker.request", call, SETTINGS);
  assert.is(allowed, false);
  assert.ok(reasons.length >= 5);
  assert.ok(reasons.every(({ message }) => message.length < 500));
  assert.ok(reasons.some(({ message }) => message.includes('"\\\n\u0000\u2028<script>🎉')));
});

test("names, paths and patterns of megabytes are told from what is allowed", async () => {
  for (
    const text of [
      ...[
        "a/".repeat(1_000_000),
        "a".repeat(2_000_000),
        "a-".repeat(1_000_000),
        "a__".repeat(700_000),
      ],
      ...[":".repeat(2_000_000), "@".repeat(2_000_000), "/..".repeat(700_000)],
    ]
  ) {
    const body = { Image: text, HostConfig: { Binds: [`/${text}:/x`] } };
    const call = { ...PING, method: "POST", path: "/containers/create", body };
    assert.is((await policy.bare.check("docker.request", call, SETTINGS)).allowed, false);
    const other = { ...PING, path: `/${text}` };
    assert.is((await policy.bare.check("docker.request", other, SETTINGS)).allowed, false);
  }
});

test("no value in no place keeps the policy from a verdict, and none opens it", async () => {
  const strange: readonly JsonValue[] = [
    ...[null, 0, "x", "__proto__", "constructor", "host", "*", [], {}, [null], true],
    { "": [[]] },
    JSON.parse('{ "__proto__": { "images": ["*"] }, "toString": 1 }'),
  ];
  let count = 0;
  const ask = async (kind: DocumentKind, object: JsonValue, settings?: JsonValue) => {
    const { allowed, reasons } = await policy.bare.check(kind, object, settings);
    assert.is(allowed, reasons.length === 0);
    count++;
  };
  for (const [i, item] of policy.cases.entries()) {
    const { kind, object } = await documentOf(item, policy.manifest, item.from);
    for (const replace of places(object)) {
      await ask(kind, replace(strange[count % 13]!), item.settings);
    }
    // Settings are the same in most cases.
    if (i % 10 !== 0) continue;
    for (const replace of places(item.settings!)) {
      await ask(kind, object, replace(strange[count % 13]!));
    }
  }
  assert.ok(count > 2_000, `${count} places`);
});

test("a document of another kind is denied", async () => {
  for (const kind of ["json", "yaml", "kubernetes"] as const) {
    const { reasons } = await policy.bare.check(kind, PING, SETTINGS);
    assert.equal(reasons.map(({ rule }) => rule), ["malformed-document"]);
  }
});

test("the same question gets the same bytes", async () => {
  const answers = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const question = {
      kind: "docker.request",
      object: { ...PING, path: "/é" },
      settings: SETTINGS,
    } as const;
    answers.add(encodeVerdict(await policy.bench.plugin(import.meta.url).check(question)));
  }
  assert.is(answers.size, 1);
});

test.run();
