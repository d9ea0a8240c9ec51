import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { denoPath, PROJECT } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { TEMPLATE_CONTRACTS, TEMPLATE_LANGUAGES } from "../../../src/cli/template.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";

/** From an empty folder to a policy whose test passes. */
const LIMIT_MS = 60_000;

const CLI = "node_modules/cofferdam/build/src/cli/main.js";

/** The commands of an author who works with Node, or with Deno. */
const AUTHOR = "Deno" in globalThis
  ? { cofferdam: [denoPath(), "run", "-A", CLI], test: [denoPath(), "task", "test"] }
  : { cofferdam: ["npx", "cofferdam"], test: ["npm", "test"] };

const WRONG: Readonly<Record<string, string>> = {
  admission: "- { name: wrong, kind: kubernetes, object: {}, expect: { allowed: true } }\n",
  volume: "- { name: wrong, call: volume_nothing, request: {}, expect: { answer: {} } }\n",
  network: "- { name: wrong, call: network_nothing, request: {}, expect: { answer: {} } }\n",
};

const test = suite("authoring");

function tell(cwd: string, command: readonly string[], ...more: string[]) {
  const [program, ...args] = [...command, ...more];
  const options = { cwd, env: { NO_COLOR: "1" }, timeoutMs: 5 * LIMIT_MS };
  return runCommand(program!, args, options);
}

async function run(cwd: string, command: readonly string[], ...more: string[]): Promise<string> {
  const { code, output } = await tell(cwd, command, ...more);
  const line = [...command, ...more].join(" ");
  assert.is(code, 0, `${line} ended with ${code}:\n${output.trimEnd()}`);
  return output;
}

async function hashOf(path: string): Promise<string> {
  return createHash("sha256").update(await readFile(path)).digest("hex");
}

/** Packs the package and installs it into an empty folder; why it cannot, where npm has no packages. */
async function installInto(home: string): Promise<string | undefined> {
  const packed = await run(PROJECT, ["npm", "pack", "--silent", "--pack-destination", home]);
  const tarball = packed.trim().split("\n").at(-1)!;
  await writeFile(join(home, "package.json"), '{"private":true}\n');
  const { code, output } = await tell(home, ["npm", "install", `./${tarball}`]);
  return code === 0 ? undefined : `npm cannot install the package: ${output.trim()}`;
}

const home = await mkdtemp(join(tmpdir(), "cofferdam-authoring-"));
const missing = await installInto(home);
if (missing !== undefined) leaveOut("authoring", missing);
test.after(() => rm(home, { recursive: true, force: true }));

for (const contract of missing === undefined ? TEMPLATE_CONTRACTS : []) {
  for (const language of TEMPLATE_LANGUAGES) {
    const name = `${contract}-${language}`;
    const folder = join(home, name);
    const wasm = join(folder, "policy.wasm");

    test(`${name}: init, install and test take less than a minute`, async () => {
      const started = performance.now();
      await run(
        home,
        AUTHOR.cofferdam,
        ...["init", name, "--contract", contract, "--language", language],
      );
      await run(folder, ["npm", "install"]);
      const output = await run(folder, AUTHOR.test);
      const tookMs = Math.round(performance.now() - started);
      assert.match(output, /^\d+ passed, 0 failed, 0 could not tell$/m);
      assert.ok(tookMs < LIMIT_MS, `they took ${tookMs} ms`);
      const { devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
      assert.match(devDependencies.cofferdam, /^file:\.\.\/cofferdam-.*\.tgz$/);
    });

    test(`${name}: Node and Deno build the bytes that were tested`, async () => {
      const tested = await hashOf(wasm);
      for (const build of [["npx", "cofferdam", "build"], [denoPath(), "task", "build"]]) {
        await rm(wasm);
        await run(folder, build);
        assert.is(await hashOf(wasm), tested, build.join(" "));
      }
    });

    test(`${name}: a wrong case fails and is named`, async () => {
      const path = join(folder, "cases", "wrong.yaml");
      await writeFile(path, WRONG[contract]!);
      const { code, output } = await tell(folder, AUTHOR.test);
      await rm(path);
      assert.is.not(code, 0);
      assert.match(output, "wrong.yaml");
    });

    test(`${name}: inspect finds what the manifest says`, async () => {
      const text = await run(folder, AUTHOR.cofferdam, "inspect", "policy.wasm", "--json");
      const { mismatches, implements: contracts } = JSON.parse(text);
      assert.equal(mismatches, []);
      assert.equal(contracts.map((item: { contract: string }) => item.contract), [contract]);
    });
  }
}

test.run();
