/**
 * The one gate of daily work. Runs every check, or those that are named, shows what is wrong and ends
 * with one line, `N passed, N failed`. `npm run ok` runs the tests behind it.
 */
import { join } from "node:path";
import process from "node:process";
import { checkEngine } from "./build-engine.ts";
import { checkKernel } from "./build-kernel.ts";
import { checkFolderMap } from "./check-folder-map.ts";
import { checkImports } from "./check-imports.ts";
import { checkManifests } from "./check-manifests.ts";
import { checkPluginTypes } from "./check-plugin-types.ts";
import { checkStatements } from "./check-statements.ts";
import { checkTests } from "./check-tests.ts";
import { denoPath, PROJECT } from "./project.ts";
import { runCommand } from "./run-command.ts";
import { checkSchemas } from "./schema.ts";

/** A check gives what is wrong, a line each. */
type Check = () => Promise<string[]>;

const command = (program: string, ...args: string[]): Check => async () => {
  const { code, output } = await runCommand(program, args, {
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  });
  return code === 0 ? [] : output.trimEnd().split("\n");
};

const CHECKS: Readonly<Record<string, Check>> = {
  format: command(denoPath(), "fmt", "--check", "--quiet"),
  lint: command(denoPath(), "lint", "--quiet"),
  tsc: command(join(PROJECT, "node_modules", ".bin", "tsc"), "--noEmit"),
  "deno check": command(denoPath(), "check", "--quiet", "src", "test", "scripts"),
  "plugin types": checkPluginTypes,
  imports: checkImports,
  manifests: checkManifests,
  schemas: checkSchemas,
  kernel: checkKernel,
  engine: checkEngine,
  "folder map": checkFolderMap,
  "test files": checkTests,
  statements: checkStatements,
};

const args = process.argv.slice(2);
const failed: string[] = [];
for (const [name, check] of Object.entries(CHECKS)) {
  if (args.length > 0 && !args.includes(name)) continue;
  const started = performance.now();
  const faults = await check();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${faults.length === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  for (const fault of faults) console.log(`       ${fault}`);
  if (faults.length > 0) failed.push(name);
}
const ran = Object.keys(CHECKS).filter((name) => args.length === 0 || args.includes(name));
console.log(`${ran.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
