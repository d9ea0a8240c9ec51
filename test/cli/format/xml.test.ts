import * as assert from "uvu/assert";
import { escapeXml } from "../../../src/cli/format/xml.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/xml");

test("escapeXml() leaves nothing that XML reads as its own", () => {
  assert.is(
    escapeXml(`]]><a b="c" d='e'>&amp;`),
    "]]&gt;&lt;a b=&quot;c&quot; " +
      "d=&apos;e&apos;&gt;&amp;amp;",
  );
  assert.is(escapeXml("\u0000\ud800\ufffe"), "\\u{0}\\u{d800}\\u{fffe}");
});

test.run();
