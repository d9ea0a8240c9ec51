import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { compileShim } from "../../src/cni/compile.ts";
import { CNI_VARIABLES } from "../../src/cni/environment.ts";
import { GREETING } from "../../src/cni/frame.ts";
import { installationPaths, privateFolderOf } from "../../src/cni/installed-plugin.ts";
import { SHIM_MARK } from "../../src/cni/shim/script.ts";
import { CNI_ERROR_CODES } from "../../src/contract/cni-fault.ts";
import { LIMITS } from "../../src/limits.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";
import { CONFIG, ENVIRONMENT } from "./installation.ts";
import { ODD_ENVIRONMENT, runShim, RUNTIME_PATH, told } from "./run-shim.ts";
import { compiled, ShimWorld, withCompiler } from "./shim-world.ts";

interface Context {
  world: ShimWorld;
}

const test = suite<Context>("compile");
const testC = withCompiler(test);

test.before(async (context) => {
  context.world = await ShimWorld.make();
});
test.after(({ world }) => world.close());

const PROTOCOL = new TextDecoder().decode(GREETING);

const STDIN = JSON.stringify(CONFIG);

/** Of a path on Linux, with the byte that ends it. */
const MAX_PATH = 4_096;

testC("without a daemon it becomes the command, with CNI_* and PATH alone", async ({ world }) => {
  const { executable, configuration } = await world.install();
  const env = { ...ODD_ENVIRONMENT, CNI_NETNS_OVERRIDE: undefined };
  const ran = await runShim(executable, { env, stdin: STDIN });
  const variables = Object.entries({ ...ENVIRONMENT, ...ODD_ENVIRONMENT, PATH: RUNTIME_PATH });
  assert.equal(told(ran), {
    code: 7,
    args: ["--alone", configuration],
    environment: variables.map(([name, value]) => `${name}=${value}`).sort(),
    stdin: STDIN,
  });
});

for (
  const [name, spoil] of [
    ["a folder that others can look into", ({ bin }) => chmod(privateFolderOf(bin), 0o710)],
    ["a configuration that others can read", ({ configuration }) => chmod(configuration, 0o640)],
    ["a configuration that is a link", async ({ configuration }) => {
      await rename(configuration, `${configuration}.real`);
      await symlink(`${configuration}.real`, configuration);
    }],
    ["a configuration that is a folder", async ({ configuration }) => {
      await rm(configuration);
      await mkdir(configuration, { mode: 0o700 });
    }],
    ["no configuration", ({ configuration }) => rm(configuration)],
    ["no folder", ({ bin }) => rm(privateFolderOf(bin), { recursive: true })],
    ["a folder that is a link", async ({ bin }) => {
      await rename(privateFolderOf(bin), join(bin, "real"));
      await symlink(join(bin, "real"), privateFolderOf(bin));
    }],
    ["an empty configuration", ({ configuration }) => writeFile(configuration, "")],
    [
      "a configuration that begins otherwise",
      ({ configuration }) => writeFile(configuration, '{"plugin":{},"command":["/bin/true"]}'),
    ],
    [
      "a command with an escape",
      ({ configuration }) => writeFile(configuration, '{"command":["/bin/tr\\u0075e"]}'),
    ],
    [
      "a command that is cut",
      ({ configuration }) => writeFile(configuration, '{"command":["/bin/true"'),
    ],
    [
      "a command that is no list",
      ({ configuration }) => writeFile(configuration, '{"command":"/bin/true"}'),
    ],
    [
      "a command without an end",
      ({ configuration }) => writeFile(configuration, `{"command":[${'"a",'.repeat(1000)}`),
    ],
    [
      "a command that is not there",
      ({ configuration }) => writeFile(configuration, '{"command":["/none/\ttrue"]}'),
    ],
  ] as readonly [string, (paths: { bin: string; configuration: string }) => Promise<unknown>][]
) {
  testC(`it answers an error of CNI where there is ${name}`, async ({ world }) => {
    const paths = await world.install();
    await spoil(paths);
    const { code, stdout, stderr } = await runShim(paths.executable, { stdin: STDIN });
    assert.equal([code, stderr], [1, ""]);
    const fault = JSON.parse(stdout);
    assert.is(fault.code, 50);
    assert.ok(fault.msg.length > 10 && typeof fault.details === "string", stdout);
  });
}

testC("a folder or a configuration of another user is not used", async ({ world }) => {
  if (process.getuid!() !== 0) return;
  for (const which of ["folder", "configuration"] as const) {
    const shim = await world.install();
    const { bin, executable } = shim;
    await chown(installationPaths(bin, "mynet")[which], 65_534, 65_534);
    const { code, stdout } = await runShim(executable, { stdin: STDIN });
    assert.equal([code, JSON.parse(stdout).details], [1, "trust.writable"], which);
  }
});

for (
  const [name, length] of [
    ["the path of its folder", MAX_PATH - "/.cofferdam".length],
    ["the path of its configuration", MAX_PATH - "/.cofferdam/mynet.json".length],
  ] as const
) {
  testC(`it says that ${name} is too long`, async ({ world }) => {
    let bin = join(world.folder.path, name);
    while (length - bin.length > 250) bin += `/${"d".repeat(199)}`;
    bin += `/${"d".repeat(length - bin.length - 1)}`;
    const { folder, executable } = installationPaths(bin, "mynet");
    await mkdir(bin, { recursive: true });
    // One of them is so long that no folder can have it.
    if (folder.length < MAX_PATH) await mkdir(folder, { mode: 0o700 });
    await writeFile(executable, compiled!, { mode: 0o755 });
    const { code, stdout } = await runShim(executable, { stdin: STDIN });
    const fault = JSON.parse(stdout);
    assert.equal([code, fault.code, fault.details], [1, 50, "config.invalid"]);
    assert.match(fault.msg, /^the path is too long: \//);
  });
}

testC("it finds what lies beside it, by whatever name it is called", async ({ world }) => {
  const { bin, executable, configuration } = await world.install();
  const elsewhere = join(world.folder.path, "elsewhere");
  await symlink(executable, elsewhere);
  assert.match((await runShim(elsewhere)).stdout, configuration);
  await copyFile(configuration, installationPaths(bin, "other").configuration);
  await link(executable, join(bin, "other"));
  assert.match((await runShim(join(bin, "other"))).stdout, "/other.json");
});

testC("it finds it also while it is being replaced", async ({ world }) => {
  const { executable, configuration } = await world.install();
  const old = await open(executable, "r");
  await copyFile(executable, `${executable}.new`);
  await rename(`${executable}.new`, executable);
  const { stdout } = await runShim(`/proc/${process.pid}/fd/${old.fd}`);
  await old.close();
  assert.match(stdout, configuration);
});

testC("where it is static, no loader takes anything from the environment", async ({ world }) => {
  const isStatic = !/\/lib[^\0]*\/ld-/.test(new TextDecoder("latin1").decode(compiled!));
  const { executable } = await world.install();
  const env = { LD_PRELOAD: "/nowhere/evil.so" };
  const { code, stderr } = await runShim(executable, { env, stdin: STDIN });
  // A loader may say that it has not found it.
  assert.equal([code, isStatic ? stderr : ""], [7, ""]);
});

testC("the executable in C is known to be ours", () => {
  const text = new TextDecoder("latin1").decode(compiled!);
  assert.match(text, `${SHIM_MARK} ${PROTOCOL}\0`);
});

testC(
  "a compiler that others can change is passed over, and so is what it would find",
  async ({ world }) => {
    const bad = join(world.folder.path, "bad");
    const trace = join(world.folder.path, "trace");
    const { PATH } = process.env;
    const script = `#!/bin/sh\necho "$0" >> ${trace}\nexit 1\n`;
    const names = ["cc", "gcc", "clang", "as", "ld"];
    await world.folder.write(Object.fromEntries(names.map((name) => [`bad/${name}`, script])));
    for (const name of names) await chmod(join(bad, name), 0o755);
    await chmod(bad, 0o777);
    try {
      process.env.PATH = `${bad}:${PATH}`;
      const warnings: string[] = [];
      const { compiler } = (await compileShim(new AbortController().signal, (message) => {
        warnings.push(message);
      }))!;
      assert.not.match(compiler, bad);
      assert.is(await readFile(trace, "utf8").catch(() => ""), "");
      assert.equal(
        warnings.map((message) => message.split(": ")[0]),
        ["cc", "gcc", "clang"].map((name) => `passed over the compiler ${join(bad, name)}`),
      );
      assert.match(warnings[0]!, `"${bad}" can be written by others`);
      process.env.PATH = bad;
      assert.is(await compileShim(new AbortController().signal), undefined);
      assert.is(await readFile(trace, "utf8").catch(() => ""), "");
    } finally {
      process.env.PATH = PATH;
    }
  },
);

test("the constants of the executable in C agree with ours", async () => {
  const source = await readFile(projectPath("src", "cni", "shim", "shim.c"), "utf8");
  const listed = /VARIABLES\[\] = \{([^}]*)\}/.exec(source)![1]!;
  assert.equal(listed.match(/CNI_[A-Z_]+/g), [...CNI_VARIABLES]);
  assert.match(source, `#define PROTOCOL "${PROTOCOL}"`);
  const [, mebibytes] = /#define MAX_STDIN \((\d+) \* 1024 \* 1024\)/.exec(source)!;
  assert.is(Number(mebibytes) * 2 ** 20, LIMITS.cniStdinBytes);
  for (
    const [name, value] of [
      ["TRY_AGAIN_LATER", CNI_ERROR_CODES.tryAgainLater],
      ["NOT_AVAILABLE", CNI_ERROR_CODES.notAvailable],
    ] as const
  ) assert.match(source, `${name} = ${value}`);
});

test.run();
