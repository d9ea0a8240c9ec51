import * as assert from "uvu/assert";
import { readLines } from "../../src/platform/read-lines.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { temporaryFolder } from "../input/temporary-folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/read-lines");

async function linesOf(text: string, maxLineBytes = 1_000_000): Promise<(string | undefined)[]> {
  await using folder = await temporaryFolder();
  await folder.write({ file: text });
  const lines: (string | undefined)[] = [];
  for await (const { number, bytes } of readLines(`${folder.path}/file`, maxLineBytes)) {
    assert.is(number, lines.length + 1);
    lines.push(bytes && new TextDecoder().decode(bytes));
  }
  return lines;
}

const long = "x".repeat(200_000);
const CASES: [string, string, string[]][] = [
  ["nothing", "", []],
  ["one line", "a\n", ["a"]],
  ["a last line without its end", "a\nb", ["a", "b"]],
  ["empty lines", "\n\na\n", ["", "", "a"]],
  ["lines longer than a chunk", `a\n${long}\n${long}`, ["a", long, long]],
];
for (const [what, text, lines] of CASES) {
  test(`readLines() reads ${what}`, async () => {
    assert.equal(await linesOf(text), lines);
  });
}

test("readLines() ends at a line that is too long, without reading on", async () => {
  assert.equal(await linesOf("ok\nlonger\nok\n", 5), ["ok", undefined]);
  assert.equal(await linesOf("12345\n", 5), ["12345"]);
});

for (const path of ["/dev/null", ".", "./no-such-file"]) {
  test(`readLines() refuses ${path}`, async () => {
    if (process.platform === "win32") return;
    try {
      for await (const _ of readLines(path, 10)) assert.unreachable();
    } catch (error) {
      assert.match((error as PluginError).code, /^input\.(unreadable|not-found)$/);
      return;
    }
    assert.unreachable("it was read");
  });
}

test.run();
