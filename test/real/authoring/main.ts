/**
 * What an author does, with the packed package: `main [ONLY]` packs the tarball, installs it into an empty
 * folder, and for each contract and language runs `init`, `npm install`, `npm test`, `npx cofferdam
 * build` and the tasks of Deno; with ONLY, for those with it in their name (`volume-assemblyscript`).
 * Ends with `N passed, N failed`.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { denoPath, PROJECT } from "../../../scripts/project.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { TEMPLATE_CONTRACTS, TEMPLATE_LANGUAGES } from "../../../src/cli/template.ts";

/** From an empty folder to a policy whose test passes. */
const LIMIT_MS = 60_000;

let passed = 0;
let failed = 0;

/** One step: passes unless it throws; what comes behind a failed one may fail for its sake. */
async function step(name: string, action: () => Promise<void>): Promise<void> {
  const started = performance.now();
  try {
    await action();
    passed++;
    console.log(`ok     ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, output } = await runCommand(program, args, {
    cwd,
    env: { NO_COLOR: "1" },
    timeoutMs: 5 * LIMIT_MS,
  });
  if (code === 0) return output;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output.trimEnd()}`);
}

async function hashOf(path: string): Promise<string> {
  return createHash("sha256").update(await readFile(path)).digest("hex");
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

async function tryPlugin(home: string, contract: string, language: string): Promise<void> {
  const name = `${contract}-${language}`;
  const folder = join(home, name);
  const wasm = join(folder, "policy.wasm");
  const started = performance.now();
  let built = "";
  await step(`${name}: cofferdam init`, async () => {
    await run(
      home,
      "npx",
      "cofferdam",
      "init",
      name,
      "--contract",
      contract,
      "--language",
      language,
    );
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const { cofferdam } = manifest.devDependencies;
    check(/^file:\.\.\/cofferdam-.*\.tgz$/.test(cofferdam), `it depends on ${cofferdam}`);
  });
  await step(`${name}: npm install`, async () => {
    await run(folder, "npm", "install");
  });
  await step(`${name}: npm test`, async () => {
    await run(folder, "npm", "test");
    const tookMs = performance.now() - started;
    check(tookMs < LIMIT_MS, `it took ${Math.round(tookMs)} ms from init, wanted ${LIMIT_MS}`);
    built = await hashOf(wasm);
  });
  await step(`${name}: npx cofferdam build gives the same bytes`, async () => {
    await rm(wasm, { force: true });
    await run(folder, "npx", "cofferdam", "build");
    check(await hashOf(wasm) === built, "the bytes differ from those of npm test");
  });
  await step(`${name}: deno task build gives the same bytes`, async () => {
    await rm(wasm, { force: true });
    await run(folder, denoPath(), "task", "build");
    check(await hashOf(wasm) === built, "the bytes differ from those of Node");
  });
  await step(`${name}: deno task test`, async () => {
    await run(folder, denoPath(), "task", "test");
  });
  await step(`${name}: a test that fails is told`, async () => {
    await writeFile(
      join(folder, "cases", "wrong.yaml"),
      contract === "admission"
        ? "- { name: wrong, kind: kubernetes, object: { kind: Pod }, expect: { allowed: true } }\n"
        : `- { name: wrong, call: ${contract}_nothing, request: {}, expect: { answer: {} } }\n`,
    );
    const { code, output } = await runCommand("npm", ["test"], { cwd: folder });
    check(code !== 0, `npm test ended with 0 beside a wrong case:\n${output}`);
    check(output.includes("wrong.yaml"), `npm test does not name the wrong case:\n${output}`);
    await rm(join(folder, "cases", "wrong.yaml"));
  });
  await step(`${name}: cofferdam inspect finds no mismatch`, async () => {
    const text = await run(folder, "npx", "cofferdam", "inspect", "policy.wasm", "--json");
    const { mismatches, implements: contracts } = JSON.parse(text);
    check(mismatches.length === 0, mismatches.join("; "));
    check(contracts[0].contract === contract, `it implements ${contracts[0].contract}`);
  });
}

const only = process.argv[2] ?? "";
const home = await mkdtemp(join(tmpdir(), "cofferdam-authoring-"));
try {
  const packed = await run(PROJECT, "npm", "pack", "--silent", "--pack-destination", home);
  const tarball = packed.trim().split("\n").at(-1)!;
  await writeFile(join(home, "package.json"), '{"private":true}\n');
  await run(home, "npm", "install", `./${tarball}`);
  for (const contract of TEMPLATE_CONTRACTS) {
    for (const language of TEMPLATE_LANGUAGES) {
      if (`${contract}-${language}`.includes(only)) await tryPlugin(home, contract, language);
    }
  }
} finally {
  await rm(home, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
