import * as assert from "uvu/assert";
import { parseCipdVersions } from "../../../src/document/syntax/cipd-versions.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, sourceOf } from "../read.ts";

const test = suite("document/syntax/cipd-versions");

const ID = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";
const SHA1 = "deadbeef".repeat(5);

test("parseCipdVersions() gives a pin for each triple", () => {
  const source = sourceOf(
    `# generated\r\n\r\na/b\r\n\tv:1\r\n# still the same\r\n\t${ID}\r\n\r\n\r\nc\n\tlatest\n\t${SHA1}`,
  );
  const trees = parseCipdVersions(source);
  assert.equal(trees.map((tree) => tree.value), [
    {
      package: "a/b",
      version: "v:1",
      instanceId: ID,
      hashAlgo: "SHA256",
      hexDigest: "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447",
    },
    { package: "c", version: "latest", instanceId: SHA1, hashAlgo: "SHA1", hexDigest: SHA1 },
  ]);
  assert.is(placeIn(source, trees[0]!), "3:1");
  assert.is(placeIn(source, trees[0]!, "version"), "4:2");
  assert.is(placeIn(source, trees[0]!, "hexDigest"), "6:2");
});

for (
  const [name, text, wanted] of [
    ["a block of two lines", "a\nlatest\n\n", "document.malformed 1:1"],
    ["a block of four lines", `a\nlatest\n${SHA1}\nb\n`, "document.malformed 1:1"],
    ["a package name that is none", `A\nlatest\n${SHA1}\n`, "document.malformed 1:1"],
    ["a template", `a/\${os}\nlatest\n${SHA1}\n`, "document.malformed 1:1"],
    ["a version that is none", `a\nLatest\n${SHA1}\n`, "document.malformed 2:1"],
    ["an instance ID that is none", "a\nlatest\nlatest\n", "document.malformed 3:1"],
    ["an ID that resolves to another", `a\n${SHA1}\n${ID}\n`, "document.malformed 3:1"],
    [
      "a version that resolves twice",
      `a\nv:1\n${SHA1}\n\na\nv:1\n${ID}\n`,
      "document.duplicate-key 5:1",
    ],
  ] as const
) {
  test(`parseCipdVersions() refuses ${name}`, async () => {
    assert.is(await failure(() => parseCipdVersions(sourceOf(text))), wanted);
  });
}

test.run();
