import * as assert from "uvu/assert";
import { escapeSarif, locationsOf, uriOf } from "../../../src/cli/format/sarif-location.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import { result } from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/sarif-location");

const URIS: readonly [string, string][] = [
  ["k8s/web.yaml", "k8s/web.yaml"],
  ["./k8s/web.yaml", "k8s/web.yaml"],
  ["../shared/web.yaml", "../shared/web.yaml"],
  ["a b/ü#1?.yaml", "a%20b/%C3%BC%231%3F.yaml"],
  ["100%.yaml", "100%25.yaml"],
  ["javascript:alert(1)", "javascript%3Aalert(1)"],
  ["a\\b", "a%5Cb"],
  ["/etc/web.yaml", "file:///etc/web.yaml"],
  ["//host/share.yaml", "file:///host/share.yaml"],
  ["C:/k8s/a b.yaml", "file:///C:/k8s/a%20b.yaml"],
  ["a\ud800b", "a%EF%BF%BDb"],
  ["a\nb", "a%0Ab"],
];

for (const [name, uri] of URIS) {
  test(`uriOf() writes ${JSON.stringify(name)} as ${uri}`, () => {
    assert.is(uriOf(name), uri);
  });
}

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`uriOf() lets ${what} lead to no other scheme or host`, () => {
    const uri = uriOf(text);
    assert.match(uri, /^[A-Za-z0-9\-._~!'()*%/]*$/);
    const resolved = new URL(uri, "https://base.example/folder/");
    assert.is(resolved.origin, "https://base.example");
  });
}

test("locationsOf() gives a region only where the line is known", () => {
  const place = (line: number | null, column: number | null) =>
    locationsOf(result({ input: "a" }), { line, column, path: null })[0]?.physicalLocation;
  assert.equal(place(3, null), { artifactLocation: { uri: "a" }, region: { startLine: 3 } });
  assert.equal(place(null, 3), { artifactLocation: { uri: "a" } });
});

test("escapeSarif() keeps lines, breaks links and doubles the braces of placeholders", () => {
  assert.is(
    escapeSarif("See [here](https://x)\r\n and {0} in {app}.\n"),
    "See [here] (https://x)\nand {{0}} in {app}.",
  );
});

test.run();
