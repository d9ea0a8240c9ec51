import { appendFile, chmod, copyFile, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { openProgramFile } from "../../src/platform/program-file.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("program-file");

const folder = suiteFolder(test);

const at = (name: string) => join(folder.path, name);

test("openProgramFile() tells binaries, scripts and the rest apart", async () => {
  await folder.write({
    "a": "#!/bin/sh\n",
    "b": "#! /usr/bin/env -S x\n",
    "c": "#!",
    "d": "",
    "e": "#",
    "f": "\n#!/bin/sh\n",
    "g": "\x7fEL",
    "h": new Uint8Array([0xcf, 0xfa, 0xed, 0xfe]),
  });
  await copyFile("/bin/sh", at("i"));
  const whole = await readFile("/bin/sh");
  const core = Uint8Array.from(whole.subarray(0, 64));
  // ET_CORE, in either order of bytes.
  core.set([4, 4], 16);
  // As they stand while somebody writes them.
  await folder.write({ j: whole.subarray(0, 40), k: whole.subarray(0, 63), l: core });
  await folder.write({ m: whole.subarray(0, 64) });
  const wanted: Record<string, (string | undefined)[]> = {
    a: ["script", "/bin/sh"],
    b: ["script", "/usr/bin/env"],
    c: ["script", undefined],
    d: ["unknown", undefined],
    e: ["unknown", undefined],
    f: ["unknown", undefined],
    g: ["unknown", undefined],
    h: ["binary", undefined],
    i: ["binary", undefined],
    j: ["unknown", undefined],
    k: ["unknown", undefined],
    l: ["unknown", undefined],
    m: ["binary", undefined],
  };
  for (const [name, [form, interpreter]] of Object.entries(wanted)) {
    const file = await openProgramFile(at(name));
    assert.equal([file.form, file.interpreter], [form, interpreter], name);
    file.close();
  }
});

test("hash() and stamp() are of the open file", async () => {
  await folder.write({ first: "#!one", second: "#!two" });
  await symlink(at("first"), at("link"));
  const file = await openProgramFile(at("link"));
  assert.match(file.path, /first$/);
  const hash = await file.hash();
  await rename(at("second"), at("first"));
  assert.is(await file.hash(), hash);
  file.close();
  const other = await openProgramFile(at("link"));
  assert.is.not(await other.hash(), hash);
  const { text } = other.stamp();
  assert.is(other.stamp().text, text);
  await appendFile(at("first"), "more");
  assert.is.not(other.stamp().text, text);
  other.close();
});

test("stamp() changes when the name is taken away", async () => {
  await folder.write({ named: "#!" });
  const file = await openProgramFile(at("named"));
  const { text } = file.stamp();
  await rm(at("named"));
  assert.is.not(file.stamp().text, text);
  file.close();
});

test("close() waits for a hash, and nothing uses the number afterwards", async () => {
  await folder.write({ closed: "#!".repeat(1_000_000) });
  const file = await openProgramFile(at("closed"));
  const whole = await file.hash();
  const hashing = file.hash();
  file.close();
  assert.is(await hashing, whole);
  assert.throws(() => file.stamp(), /was closed/);
  assert.throws(() => file.executablePath(), /was closed/);
  file.close();
});

test("foreignWriter() tells who can change the content", async () => {
  await folder.write({ written: "#!" });
  const file = await openProgramFile(at("written"));
  assert.is(file.foreignWriter(), undefined);
  await chmod(at("written"), 0o666);
  assert.match(file.foreignWriter()!, /mode 666/);
  file.close();
});

test.run();
