import * as assert from "uvu/assert";
import { Denial } from "../../src/docker/denial.ts";
import { readRequestUri } from "../../src/docker/request-uri.ts";
import { suite } from "../support/suite.ts";

const test = suite("docker/request-uri");

for (
  const [uri, path, query] of [
    ["/_ping", "/_ping", {}],
    ["/v1.41/containers/create?name=web", "/v1.41/containers/create", { name: ["web"] }],
    ["/containers/%63reate", "/containers/create", {}],
    ["/v1.41%2Fcontainers/create", "/v1.41/containers/create", {}],
    ["/images/caf%C3%A9/json", "/images/café/json", {}],
    ["/networks/", "/networks/", {}],
    ["/build?t=a&t=b&t=", "/build", { t: ["a", "b", ""] }],
    ["/build?t&&x=1=2", "/build", { t: [""], x: ["1=2"] }],
    ["/build?q=a+b%2Bc&%6e=1", "/build", { q: ["a b+c"], n: ["1"] }],
    ["/build?a?b=c", "/build", { "a?b": ["c"] }],
    ["/build?__proto__=x", "/build", JSON.parse('{"__proto__":["x"]}')],
    ["/build?", "/build", {}],
  ] as const
) {
  test(`readRequestUri() reads ${uri} as the daemon does`, () => {
    assert.equal(readRequestUri(uri), { path, query });
  });
}

for (
  const uri of [
    "",
    "*",
    "containers/create",
    "http://d/containers/create",
    "http+unix://%2Frun%2Fx/containers/create",
    "//containers/create",
    "/containers//create",
    "/containers/./create",
    "/x/../containers/create",
    "/containers/%2e%2e/containers/create",
    "/containers/%2Fcreate",
    "/containers/..",
    "/containers\\create",
    "/containers%5Ccreate",
    "/containers/create%3Fx",
    "/containers/create%23x",
    "/containers/create#x",
    "/containers/%2563reate",
    "/containers/create%00",
    "/containers/create%0A",
    "/containers/%zz",
    "/containers/%",
    "/images/%ff/json",
    "/images/caf\u00e9/json",
    "/containers/create x",
    "/build?a=1;b=2",
    "/build?a=%zz",
    "/build?%ff=1",
    "/build?a=%",
  ]
) {
  test(`readRequestUri() refuses ${JSON.stringify(uri)}`, () => {
    assert.throws(
      () => readRequestUri(uri),
      (error: unknown) => error instanceof Denial && error.rule === "cofferdam.call-unreadable",
    );
  });
}

test("readRequestUri() quotes only the beginning of what is long", () => {
  try {
    readRequestUri(`/x//${"y".repeat(1_000_000)}`);
    assert.unreachable();
  } catch (error) {
    assert.ok((error as Error).message.length < 400);
  }
});

test.run();
