import * as assert from "uvu/assert";
import { type Flag, parseFlags } from "../../src/cli/flags.ts";
import { assertFault } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("flags");

const FLAGS: Flag[] = [
  { name: "plugin", value: "FILE", repeats: true, help: "" },
  { name: "settings", value: "FILE", ofPlugin: true, help: "" },
  { name: "format", value: "NAME", choices: ["text", "json"], help: "" },
  { name: "output", short: "o", value: "FILE", help: "" },
  { name: "quiet", short: "q", help: "" },
];

test("parseFlags() keeps the order in which flags and values were written", () => {
  const args = "--plugin a --settings=s --plugin b in1 -q -o out in2".split(" ");
  const parsed = parseFlags(args, FLAGS);
  assert.equal(
    parsed.given.map((g) => `${g.flag.name}=${g.value}`),
    ["plugin=a", "settings=s", "plugin=b", "quiet=", "output=out"],
  );
  assert.equal(parsed.positionals, ["in1", "in2"]);
  assert.equal(parsed.all("plugin"), ["a", "b"]);
  assert.is(parsed.one("output"), "out");
  assert.is(parsed.one("format"), undefined);
  assert.is(parsed.has("quiet"), true);
});

test("parseFlags() takes a lone dash and what follows -- for inputs", () => {
  assert.equal(parseFlags(["-", "--", "--plugin", "-q"], FLAGS).positionals, [
    "-",
    "--plugin",
    "-q",
  ]);
});

test("parseFlags() takes a value for itself that is no flag", () => {
  assert.is(parseFlags(["-o", "--unknown"], FLAGS).one("output"), "--unknown");
  assert.is(parseFlags(["-o", "./--settings"], FLAGS).one("output"), "./--settings");
});

const REFUSED: [string, string[], RegExp][] = [
  ["an unknown flag", ["--fromat", "json"], /"--fromat" is not known$/],
  ["an unknown short flag", ["-x"], /"-x" is not known/],
  ["a flag of Object.prototype", ["--constructor"], /"--constructor" is not known/],
  ["a flag called __proto__", ["--__proto__"], /is not known/],
  ["an unknown choice", ["--format", "jsno"], /"--format jsno" is not one of text, json$/],
  ["a missing value", ["--format"], /wants a value: --format NAME/],
  ["a flag in the place of a value", ["--plugin", "--settings", "s"], /"--plugin" wants a value/],
  ["a flag with its value there", ["--plugin", "--settings=s"], /"--plugin" wants a value/],
  ["the end of the flags there", ["--plugin", "--", "s"], /"--plugin" wants a value/],
  ["an empty value", ["--output="], /wants a value/],
  ["a value for a switch", ["--quiet=yes"], /takes no value/],
  ["a flag given twice", ["-o", "a", "-o", "b"], /given twice/],
];
for (const [what, args, message] of REFUSED) {
  test(`parseFlags() refuses ${what}`, () => {
    assertFault(() => parseFlags(args, FLAGS), "usage.invalid", message);
  });
}

test.run();
