import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/json.ts";
import { suite } from "../../support/suite.ts";
import { ask, BIG, CREATE, JSON_TYPE, shown, unshown } from "../authz-call.ts";

const test = suite("docker/authz/denied");

const FORM = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };

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

test.run();
