/**
 * Runs the tests on the runtimes that are named (`node`, `deno`; both without a name) and ends with
 * one line that counts over all of them. A run that ends without uvu's own count is a failure.
 *
 * `--only FOLDER` runs those of one folder alone, `hostile` for instance; `--real` those of `test/real`
 * instead, which need other people's programs, and `--real --only FOLDER` those of one folder there.
 * COFFERDAM_NODE is the path of another Node; it takes the place of the first one, and with `--only` it
 * comes behind it.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { denoPath, PROJECT } from "./project.ts";
import { runCommand } from "./run-command.ts";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const UVU = join(PROJECT, "node_modules", "uvu", "bin.js");

const { values, positionals } = parseArgs({
  options: { only: { type: "string" }, real: { type: "boolean", default: false } },
  allowPositionals: true,
});
const folder = values.only === undefined ? "" : String.raw`^${values.only}[\\/].*`;
const [root, kind] = values.real ? ["test/real", "real"] : ["test", "test"];

const onNode = (node: string): [string, string[]] => [
  node,
  [UVU, `build/${root}`, String.raw`${folder}\.${kind}\.js$`],
];

const { COFFERDAM_NODE: otherNode } = process.env;

const RUNTIMES: Readonly<Record<string, () => [string, string[]][]>> = {
  node: () =>
    values.only === undefined || otherNode === undefined
      ? [onNode(otherNode ?? "node")]
      : [onNode("node"), onNode(otherNode)],
  deno: () => [[denoPath(), ["run", "-A", UVU, root, String.raw`${folder}\.${kind}\.ts$`]]],
};

const LIMIT_MS = 15 * 60 * 1000;

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const name of positionals.length > 0 ? positionals : Object.keys(RUNTIMES)) {
  const runtime = RUNTIMES[name];
  if (runtime === undefined) throw new Error(`Cannot test on "${name}": wanted node or deno`);
  for (const [command, args] of runtime()) {
    const counts = await testOn(name, command, args);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

async function testOn(name: string, command: string, args: string[]): Promise<Counts> {
  console.log(`\n== tests on ${name}`);
  const { code, output } = await runCommand(command, args, {
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    show: true,
    timeoutMs: LIMIT_MS,
  });
  const count = (label: string) =>
    Number(new RegExp(`^\\s*${label}:\\s+(\\d+)`, "m").exec(output)?.[1] ?? NaN);
  const [all, passed, skipped] = [count("Total"), count("Passed"), count("Skipped")];
  if (Number.isNaN(all + passed + skipped)) {
    console.log(`the run on ${name} ended (${code}) without a count`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // uvu counts a skipped test in neither of the other two.
  const failed = Math.max(all - passed, code === 0 ? 0 : 1);
  return { passed, failed, skipped };
}
