import { chmod, chown, copyFile, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { ProcessRunner } from "../../src/capability/process-runner.ts";
import { openPinned, openUnpinned, type Program } from "../../src/capability/program.ts";
import { sha256Sync } from "../../src/platform/hash.ts";
import { suiteFolder } from "../support/folder.ts";
import { rejection, writeScript } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("program");

const folder = suiteFolder(test);

const at = (name: string) => join(folder.path, name);
const digestOf = async (path: string) => sha256Sync(await readFile(path));

const runner = new ProcessRunner(4);

async function output(program: Program, args: readonly string[] = []): Promise<string> {
  const { stdout } = await runner.run({
    name: "it",
    argv0: "it",
    args,
    env: {},
    cwd: "/",
    timeoutMs: 60_000,
    maxOutputBytes: 1_000,
    prepare: () => program.prepare(),
  }, new AbortController().signal);
  return new TextDecoder().decode(stdout);
}

async function pin(path: string): Promise<Program> {
  return await openPinned("it", path, await digestOf(path));
}

test("openPinned() runs a binary and a script from the open file", async () => {
  await copyFile("/bin/cat", at("cat"));
  const binary = await pin(at("cat"));
  await folder.write({ text: "said" });
  assert.is(await output(binary, [at("text")]), "said");
  const script = await pin(await writeScript(folder, "script", 'echo "got $1"'));
  assert.is(await output(script, ["it"]), "got it\n");
  binary.close();
  script.close();
});

test("openPinned() keeps the file whatever its path leads to later", async () => {
  const path = await writeScript(folder, "kept", "echo good");
  const program = await pin(path);
  const other = await writeScript(folder, "other", "echo evil");
  await rename(other, path);
  assert.is(await output(program), "good\n");
  program.close();
});

test("openPinned() resolves a link once", async () => {
  await writeScript(folder, "link-good", "echo good");
  await writeScript(folder, "link-evil", "echo evil");
  await symlink(at("link-good"), at("link"));
  const program = await pin(at("link"));
  await symlink(at("link-evil"), at("link2"));
  await rename(at("link2"), at("link"));
  assert.is(await output(program), "good\n");
  program.close();
});

test("openPinned() never runs what was swapped in, however often", async () => {
  await copyFile("/bin/echo", at("swapped"));
  const program = await pin(at("swapped"));
  let goOn = true;
  const swapping = (async () => {
    while (goOn) {
      await copyFile("/bin/pwd", at("swapping"));
      await rename(at("swapping"), at("swapped"));
      await copyFile("/bin/echo", at("swapping"));
      await rename(at("swapping"), at("swapped"));
    }
  })();
  const outputs = new Set<string>();
  try {
    for (let n = 0; n < 150; n++) outputs.add(await output(program, ["good"]));
  } finally {
    goOn = false;
    await swapping;
  }
  assert.equal([...outputs], ["good\n"]);
  program.close();
});

test("openPinned() sees content that was changed in place", async () => {
  const path = await writeScript(folder, "changed", "echo good");
  const program = await pin(path);
  assert.is(await output(program), "good\n");
  await writeFile(path, "#!/bin/sh\necho evil\n");
  const error = await rejection(output(program), "trust.changed");
  assert.match(error.message, path);
  await writeFile(path, "#!/bin/sh\necho good\n");
  assert.is(await output(program), "good\n");
  program.close();
});

test("openPinned() refuses another digest and what is no program", async () => {
  const path = await writeScript(folder, "digest", "echo good");
  const wrong = `sha256:${"0".repeat(64)}`;
  await rejection(openPinned("it", path, wrong), "trust.changed");
  await folder.write({ plain: "echo evil\n", empty: "" });
  for (const name of ["plain", "empty"]) {
    await chmod(at(name), 0o755);
    const digest = await digestOf(at(name));
    await rejection(openPinned("it", at(name), digest), "config.invalid");
    await rejection(openUnpinned("it", at(name)), "config.invalid");
  }
  for (const path of [at("nothing"), folder.path, "/dev/null"]) {
    await rejection(openPinned("it", path, wrong), "config.invalid");
    await rejection(openUnpinned("it", path), "config.invalid");
  }
});

test("openPinned() and openUnpinned() refuse what others can write", async () => {
  const path = await writeScript(folder, "writable", "echo good");
  for (const mode of [0o775, 0o757, 0o777]) {
    await chmod(path, mode);
    await rejection(pin(path), "trust.writable");
    await rejection(openUnpinned("it", path), "trust.writable");
  }
});

test("openPinned() and openUnpinned() refuse an interpreter that others can change", async () => {
  await copyFile("/bin/sh", at("inner-shell"));
  await writeFile(at("outer-shell"), `#!${at("inner-shell")}\n`);
  await chmod(at("outer-shell"), 0o755);
  for (const name of ["inner-shell", "outer-shell"]) {
    const path = at(`of-${name}`);
    await writeFile(path, `#! ${at(name)}\necho good\n`);
    await chmod(path, 0o755);
    const programs = [await pin(path), await openUnpinned("it", path)];
    for (const program of programs) await program.prepare();
    await chmod(at("inner-shell"), 0o777);
    for (const program of programs) await rejection(program.prepare(), "trust.writable");
    await rejection(pin(path), "trust.writable");
    await rejection(openUnpinned("it", path), "trust.writable");
    await chmod(at("inner-shell"), 0o755);
    for (const program of programs) program.close();
  }
});

test("openPinned() and openUnpinned() refuse a script without an interpreter to look at", async () => {
  for (const line of ["#!", "#! \t", "#!bin/sh", "#!/nowhere/sh"]) {
    await writeFile(at("lone"), `${line}\necho evil\n`);
    await chmod(at("lone"), 0o755);
    await rejection(pin(at("lone")), "config.invalid");
    await rejection(openUnpinned("it", at("lone")), "config.invalid");
  }
});

test("openUnpinned() looks again at each run", async () => {
  const path = await writeScript(folder, "unpinned", "echo first");
  const program = await openUnpinned("it", path);
  assert.is(await output(program), "first\n");
  await rename(await writeScript(folder, "newer", "echo second"), path);
  assert.is(await output(program), "second\n");
  await chmod(path, 0o777);
  await rejection(output(program), "trust.writable");
  program.close();
});

test("openUnpinned() refuses a way that others can change", async () => {
  await folder.write({ "open/inner/kept": "" });
  const path = await writeScript(folder, "open/inner/program", "echo good");
  await chmod(at("open"), 0o777);
  await rejection(openUnpinned("it", path), "trust.writable");
  await symlink(path, at("through"));
  await rejection(openUnpinned("it", at("through")), "trust.writable");
  await chmod(at("open"), 0o1777);
  assert.is(await output(await openUnpinned("it", path)), "good\n");
});

if (process.getuid?.() === 0) {
  test("openPinned() and openUnpinned() refuse what belongs to somebody else", async () => {
    const path = await writeScript(folder, "foreign", "echo good");
    await chown(path, 65_534, 65_534);
    await rejection(pin(path), "trust.writable");
    await rejection(openUnpinned("it", path), "trust.writable");
  });

  test("openPinned() refuses a script as another user, and runs a binary", async () => {
    const user = { uid: 65_534, gid: 65_534 };
    const script = await writeScript(folder, "as-user", "echo good");
    await rejection(
      openPinned("it", script, await digestOf(script), user),
      "config.invalid",
    );
    await copyFile("/bin/echo", at("echo"));
    const program = await openPinned("it", at("echo"), await digestOf(at("echo")), user);
    const { stdout } = await runner.run({
      name: "it",
      argv0: "it",
      args: ["good"],
      env: {},
      cwd: "/",
      user,
      timeoutMs: 60_000,
      maxOutputBytes: 1_000,
      prepare: () => program.prepare(),
    }, new AbortController().signal);
    assert.is(new TextDecoder().decode(stdout), "good\n");
    program.close();
  });
}

test.run();
