/**
 * The proof of the Wasm rewriter: `test-wasm [node] [deno] [--modules N] [--seed N]`. Builds the tool
 * in `test/real/wasm`, lets it write the official test suite and generated modules, runs both on the
 * runtimes that are named (both without a name), and ends with one line that counts over all of them.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { denoPath, PROJECT } from "./project.ts";
import { runCommand } from "./run-command.ts";

const FOLDER = join(PROJECT, ".work", "wasm");
const TOOL = join(PROJECT, "test", "real", "wasm", "tool", "Cargo.toml");
const LIMIT_MS = 15 * 60 * 1000;

const RUNTIMES: Readonly<Record<string, () => [string, string[]]>> = {
  node: () => [process.env.COFFERDAM_NODE ?? "node", ["build/test/real/wasm/main.js"]],
  deno: () => [denoPath(), ["run", "-A", "test/real/wasm/main.ts"]],
};

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    modules: { type: "string", default: "500" },
    seed: { type: "string", default: "1" },
  },
});

const run = (command: string, args: string[], show = true) =>
  runCommand(command, args, { cwd: PROJECT, show, timeoutMs: LIMIT_MS, env: { NO_COLOR: "1" } });

if ((await run("cargo", ["--version"], false)).code !== 0) {
  console.log("skipped: cargo is not installed (needed to unpack the WebAssembly test suite)");
  console.log("0 passed, 0 failed, 1 skipped");
} else {
  await writeCases();
  await runAll(positionals.length > 0 ? positionals : Object.keys(RUNTIMES));
}

/** Builds the tool and lets it write both folders anew. */
async function writeCases(): Promise<void> {
  const target = join(FOLDER, "target");
  const build = ["build", "--release", "--locked", "--quiet", "--manifest-path", TOOL];
  await step("build the tool", "cargo", [...build, "--target-dir", target]);
  const tool = join(target, "release", "wasm-cases");
  const [suite, modules] = [join(FOLDER, "suite"), join(FOLDER, "modules")];
  for (const folder of [suite, modules]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await step("unpack the test suite", tool, ["testsuite", suite]);
  console.log(`seed ${values.seed}`);
  await step("generate modules", tool, ["modules", modules, values.modules, values.seed]);
}

async function step(what: string, command: string, args: string[]): Promise<void> {
  const { code } = await run(command, args);
  if (code !== 0) throw new Error(`Cannot ${what}: ${command} ended with ${code}`);
}

/** Runs on each runtime; where two differ in a digest, that is one failure more. */
async function runAll(names: readonly string[]): Promise<void> {
  const total = { passed: 0, failed: 0 };
  const digests = new Map<string, string>();
  for (const name of names) {
    const runtime = RUNTIMES[name];
    if (runtime === undefined) throw new Error(`Cannot test on "${name}": wanted node or deno`);
    const [command, args] = runtime();
    const { output: version } = await run(command, ["--version"], false);
    console.log(`\n== the rewriter on ${name} (${version.split("\n")[0]})`);
    const { code, output } = await run(command, [...args, FOLDER]);
    const [, passed, failed] = /^(\d+) passed, (\d+) failed\s*$/m.exec(output) ?? [];
    if (passed === undefined) console.log(`the run on ${name} ended (${code}) without a count`);
    total.passed += Number(passed ?? 0);
    total.failed += Math.max(Number(failed ?? 0), code === 0 ? 0 : 1);
    for (const [, part, digest] of output.matchAll(/^digest (\S+) (\S+)$/gm)) {
      const known = digests.get(part!) ?? digest!;
      digests.set(part!, known);
      if (known === digest) continue;
      total.failed++;
      console.log(`${part}: ${names[0]} gives ${known}, ${name} gives ${digest}`);
    }
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}
