import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/json.ts";
import { parseDockerfile } from "../../../src/document/syntax/dockerfile.ts";
import { suite } from "../../support/suite.ts";
import { failure, placeIn, sourceOf } from "../read.ts";

const test = suite("document/syntax/dockerfile");

const parse = (text: string) => parseDockerfile(sourceOf(text))?.value as JsonObject[] | undefined;

/** What a Dockerfile's last instruction is, with its empty parts left out. */
function last(text: string): JsonObject {
  const instruction = parse(`FROM a\n${text}`)!.at(-1)!;
  const isEmpty = (value: unknown) =>
    value === false || (typeof value === "object" && Object.keys(value!).length === 0);
  return Object.fromEntries(Object.entries(instruction).filter(([, value]) => !isEmpty(value)));
}

test("parseDockerfile() gives every instruction the same shape", () => {
  assert.equal(parse("from --platform=linux/amd64 foo as b\n"), [{
    instruction: "FROM",
    flags: { platform: ["linux/amd64"] },
    arguments: ["foo", "as", "b"],
    value: "--platform=linux/amd64 foo as b",
    json: false,
    heredocs: [],
  }]);
});

for (
  const [name, text, wanted] of [
    ["shell words", `RUN echo "a  b" 'c d' e\\ f`, {
      instruction: "RUN",
      arguments: ["echo", '"a  b"', "'c d'", "e\\ f"],
      value: `echo "a  b" 'c d' e\\ f`,
    }],
    ["continuations, comments and blank lines", "RUN a \\\n  # no\n\n  && b \\  \n  # no\n  c", {
      instruction: "RUN",
      arguments: ["a", "&&", "b", "c"],
      value: "a   && b   c",
    }],
    ["a keyword across lines", "RU\\\nN a", { instruction: "RUN", arguments: ["a"], value: "a" }],
    ["an escape token that is escaped", "RUN a\\\\", {
      instruction: "RUN",
      arguments: ["a\\\\"],
      value: "a\\\\",
    }],
    ["a hash that begins no line", "RUN a # b", {
      instruction: "RUN",
      arguments: ["a", "#", "b"],
      value: "a # b",
    }],
    ["the JSON form", 'CMD [ "a b", "\\u0041", "" ]', {
      instruction: "CMD",
      arguments: ["a b", "A", ""],
      value: '[ "a b", "\\u0041", "" ]',
      json: true,
    }],
    ["what only looks like the JSON form", "RUN ['a', 'b']", {
      instruction: "RUN",
      arguments: ["['a',", "'b']"],
      value: "['a', 'b']",
    }],
    ["a test command", "RUN [ -f a ] && b", {
      instruction: "RUN",
      arguments: ["[", "-f", "a", "]", "&&", "b"],
      value: "[ -f a ] && b",
    }],
    ["flags", "RUN --mount=type=a --mount='b c' --network x --y", {
      instruction: "RUN",
      flags: { mount: ["type=a", "b c"], network: [""] },
      arguments: ["x", "--y"],
      value: "--mount=type=a --mount='b c' --network x --y",
    }],
    ["an end of flags", "RUN --x=1 -- --y", {
      instruction: "RUN",
      flags: { x: ["1"] },
      arguments: ["--y"],
      value: "--x=1 -- --y",
    }],
    ["paths without quotes", 'COPY --from=b "x y" z', {
      instruction: "COPY",
      flags: { from: ["b"] },
      arguments: ['"x', 'y"', "z"],
      value: '--from=b "x y" z',
    }],
    ["pairs", "ENV a=b c='d e'", {
      instruction: "ENV",
      arguments: ["a=b", "c='d e'"],
      value: "a=b c='d e'",
    }],
    ["the old pair", "ENV a b  c", {
      instruction: "ENV",
      arguments: ["a", "b  c"],
      value: "a b  c",
    }],
    ["one argument of several words", "USER a b", {
      instruction: "USER",
      arguments: ["a b"],
      value: "a b",
    }],
    ["a health check", 'HEALTHCHECK --interval=5s CMD ["x", "y"]', {
      instruction: "HEALTHCHECK",
      flags: { interval: ["5s"] },
      arguments: ["CMD", "x", "y"],
      value: '--interval=5s CMD ["x", "y"]',
      json: true,
    }],
    ["no health check", "HEALTHCHECK none", {
      instruction: "HEALTHCHECK",
      arguments: ["none"],
      value: "none",
    }],
    ["here-documents", "RUN <<A cat <<-'B'\nUSER x\n# y\nA\n\tb\n\tB\n", {
      instruction: "RUN",
      arguments: ["<<A", "cat", "<<-'B'"],
      value: "<<A cat <<-'B'",
      heredocs: ["USER x\n# y\n", "b\n"],
    }],
    ["a here-string", "RUN cat <<<x", {
      instruction: "RUN",
      arguments: ["cat", "<<<x"],
      value: "cat <<<x",
    }],
    ["a trigger", "ONBUILD COPY --from=x <<E /y\nz\nE\n", {
      instruction: "ONBUILD",
      value: "COPY --from=x <<E /y",
      onbuild: {
        instruction: "COPY",
        flags: { from: ["x"] },
        arguments: ["<<E", "/y"],
        value: "--from=x <<E /y",
        json: false,
        heredocs: ["z\n"],
      },
    }],
    ["__proto__ as a flag", "RUN --__proto__=1 x", {
      instruction: "RUN",
      flags: JSON.parse('{"__proto__":["1"]}'),
      arguments: ["x"],
      value: "--__proto__=1 x",
    }],
  ] as const
) {
  test(`parseDockerfile() reads ${name}`, () => {
    assert.is(JSON.stringify(last(text)), JSON.stringify(wanted));
  });
}

test("parseDockerfile() honours the directives at the head", () => {
  const tree = parseDockerfile(
    sourceOf("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN b `\n c\\\n"),
  );
  assert.equal(tree?.facts, { syntax: "docker/dockerfile:1", escape: "`" });
  assert.equal((tree?.value as JsonObject[])[1]!["arguments"], ["b", "c\\"]);
});

test("parseDockerfile() takes a directive behind a comment for a comment", () => {
  const tree = parseDockerfile(sourceOf("# x\n# escape=`\nFROM a\nRUN b \\\n c\n"));
  assert.equal(tree?.facts, {});
  assert.equal((tree?.value as JsonObject[])[1]!["arguments"], ["b", "c"]);
});

test("parseDockerfile() finds nothing in comments", () =>
  assert.is(parse("# a\n\n# b\n"), undefined));

for (
  const [name, text, place] of [
    ["an unknown instruction", "FROM a\nFOO b\n", "2:1"],
    ["an instruction named like a member of every object", "FROM a\nconstructor b\n", "2:1"],
    ["no FROM", "ARG a\n", "1:1"],
    ["an instruction before FROM", "ARG a\nRUN b\nFROM c\n", "2:1"],
    ["FROM without an image", "FROM\n", "1:1"],
    ["FROM with two words", "FROM a b\n", "1:1"],
    ["RUN without a command", "FROM a\nRUN\n", "2:1"],
    ["a JSON form with a number", 'FROM a\nCMD ["a", 1]\n', "2:5"],
    ["a pair without a value", "FROM a\nENV b\n", "2:5"],
    ["a word among pairs", "FROM a\nLABEL b=c d\n", "2:11"],
    ["a here-document without an end", "FROM a\nRUN <<E\nE \n", "2:5"],
    ["a trigger that builds", "FROM a\nONBUILD FROM b\n", "2:9"],
    ["an empty trigger", "FROM a\nONBUILD\n", "2:8"],
    ["another health check", "FROM a\nHEALTHCHECK x\n", "2:13"],
    ["another escape token", "# escape=x\nFROM a\n", "1:1"],
    ["a directive twice", "# escape=`\n# ESCAPE=`\nFROM a\n", "2:1"],
  ] as const
) {
  test(`parseDockerfile() refuses ${name}`, async () => {
    assert.is(
      await failure(() => parse(text), /^Parsing the Dockerfile failed: /),
      `document.malformed ${place}`,
    );
  });
}

const POINTED = sourceOf(
  'FROM --platform=p a\r\nRUN x \\\r\n  # no\r\n  y\r\nCOPY ["a b", "c"]\r\nONBUILD RUN --mount=m z\r\n',
);

for (
  const [pointer, place] of [
    ["", "1:1"],
    ["0/flags/platform/0", "1:6"],
    ["0/arguments/0", "1:19"],
    ["1", "2:1"],
    ["1/arguments/0", "2:5"],
    ["1/arguments/1", "4:3"],
    ["1/value", "2:1"],
    ["2/arguments/1", "5:14"],
    ["3/onbuild", "6:9"],
    ["3/onbuild/flags/mount", "6:13"],
    ["3/onbuild/arguments/0", "6:23"],
    ["9", "1:1"],
  ] as const
) {
  test(`parseDockerfile() locates /${pointer}`, () => {
    const tree = parseDockerfile(POINTED);
    assert.is(placeIn(POINTED, tree!, ...pointer.split("/")), place);
  });
}

for (
  const [name, text] of [
    ["spaces in a directive", `#syntax=${" ".repeat(500_000)}x${" ".repeat(500_000)}\nFROM a\n`],
    ["a directive of spaces", `#syntax=${" ".repeat(500_000)}\nFROM a\n`],
    ["carriage returns within a line", `FROM a\n#${"\r".repeat(500_000)}x\n`],
  ] as const
) {
  test(`parseDockerfile() is done with ${name} at once`, () => {
    const started = performance.now();
    assert.is(parse(text)?.length, 1);
    assert.ok(performance.now() - started < 2_000);
  });
}

test("parseDockerfile() refuses a trigger of a trigger before it reads it", async () => {
  assert.is(
    await failure(
      () => parse(`FROM a\n${"ONBUILD ".repeat(100_000)}\n`),
      /ONBUILD takes no ONBUILD/,
    ),
    "document.malformed 2:9",
  );
});

test("parseDockerfile() trims what ends a directive", () => {
  const tree = parseDockerfile(sourceOf("# syntax = a/b:1 \t\r\nFROM a\n"));
  assert.equal(tree?.facts, { syntax: "a/b:1" });
});

test.run();
