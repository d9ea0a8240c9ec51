import * as assert from "uvu/assert";
import { parseCipdEnsure } from "../../../src/document/syntax/cipd-ensure.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, sourceOf } from "../read.ts";

const test = suite("document/syntax/cipd-ensure");

const SHA1 = "deadbeef".repeat(5);
const ENSURE = sourceOf(`# An ensure file
$serviceurl https://cipd.example.com/
$ResolvedVersions cipd.versions
$VerifiedPlatform linux-amd64 mac-arm64
$VerifiedPlatform windows-amd64

infra/x/\${platform}	latest
@Subdir third_party/\${os}
  a/b   ${SHA1}
@Subdir
c/d version:1 beta
`);

test("parseCipdEnsure() gives a tree for each package line", () => {
  const all = {
    serviceUrl: "https://cipd.example.com/",
  };
  const platforms = ["linux-amd64", "mac-arm64", "windows-amd64"];
  assert.equal(parseCipdEnsure(ENSURE).map((tree) => tree.value), [
    { ...all, package: "infra/x/${platform}", version: "latest", resolved: false, platforms },
    {
      ...all,
      package: "a/b",
      instanceId: SHA1,
      hashAlgo: "SHA1",
      hexDigest: SHA1,
      subdir: "third_party/${os}",
      platforms,
    },
    { ...all, package: "c/d", version: "version:1 beta", resolved: false, platforms },
  ]);
});

test("parseCipdEnsure() locates a line's package and version", () => {
  const [moving, pinned] = parseCipdEnsure(ENSURE);
  assert.is(placeIn(ENSURE, moving!), "7:1");
  assert.is(placeIn(ENSURE, moving!, "version"), "7:21");
  assert.is(placeIn(ENSURE, pinned!, "package"), "9:3");
  assert.is(placeIn(ENSURE, pinned!, "hexDigest"), "9:9");
  assert.is(placeIn(ENSURE, pinned!, "version"), "9:3");
  assert.is(placeIn(ENSURE, pinned!, "toString"), "9:3");
});

test("parseCipdEnsure() finds nothing where no package is named", () => {
  assert.equal(parseCipdEnsure(sourceOf("$ParanoidMode CheckPresence\n")), []);
});

for (
  const [name, text, place] of [
    ["a setting behind a package", "a/b latest\n$ParanoidMode NotParanoid\n", "2:1"],
    ["a setting behind a directive", "@Subdir x\n$ParanoidMode NotParanoid\n", "2:1"],
    ["a setting twice", "$ServiceURL https://a\n$serviceurl https://b\n", "2:1"],
    ["an unknown setting", "$Foo x\n", "1:1"],
    ["an unknown directive", "\n @Foo x\n", "2:2"],
    ["a service that is no URL", "$ServiceURL example\n", "1:1"],
    ["a platform that is none", "$VerifiedPlatform linux\n", "1:1"],
    ["a package name that is none", "A/b latest\n", "1:1"],
    ["a template that is none", "a/${user} latest\n", "1:1"],
    ["a package without a version", "a/b\n", "1:1"],
    ["a version that is none", "a/b Latest\n", "1:1"],
  ] as const
) {
  test(`parseCipdEnsure() refuses ${name}`, async () => {
    assert.is(
      await failure(() => parseCipdEnsure(sourceOf(text)), /^Parsing the ensure file failed: /),
      `document.malformed ${place}`,
    );
  });
}

test.run();
