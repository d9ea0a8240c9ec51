import * as assert from "uvu/assert";
import { printReply } from "../../src/cli/cni-call.ts";
import type { TextSink } from "../../src/platform/process.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni-call");

/** Two streams that write down what they get, in order; those of `broken` can be written to no more. */
function streams(...broken: string[]) {
  const written: string[] = [];
  const sink = (name: string): TextSink => ({
    write: (text) => {
      written.push(`${name}: ${text}`);
      if (!broken.includes(name)) return Promise.resolve();
      return Promise.reject(new PluginError("output.unwritable", `${name} is full`));
    },
    isTerminal: false,
  });
  return { written, stdout: sink("stdout"), stderr: sink("stderr") };
}

const REPLY = { exitCode: 0, stdout: "{}", stderr: "net: info: joins\n" } as const;

test("printReply() says what is answered before what was logged", async () => {
  const { written, ...both } = streams();
  assert.is(await printReply(REPLY, both), 0);
  assert.equal(written, ["stdout: {}", "stderr: net: info: joins\n"]);
});

test("printReply() bears a standard error that cannot be written to", async () => {
  const { written, ...both } = streams("stderr");
  assert.is(await printReply(REPLY, both), 0);
  assert.is(await printReply({ ...REPLY, exitCode: 1 }, both), 1);
  assert.is(written[0], "stdout: {}");
});

test("printReply() fails where the answer cannot be told", async () => {
  const { written, ...both } = streams("stdout");
  const code = await printReply(REPLY, both).then(() => "none", (error) => error.code);
  assert.is(code, "output.unwritable");
  assert.is(written.length, 1);
});

test("printReply() writes nothing where nothing is to be said", async () => {
  const { written, ...both } = streams();
  assert.is(await printReply({ exitCode: 0, stdout: "", stderr: "" }, both), 0);
  assert.equal(written, []);
});

test.run();
