/**
 * `npm start`: the main job on inputs that look like real ones. Checks the samples of `image-policy`
 * with `cofferdam check`, as a user would, and says what was run.
 */
import process from "node:process";
import { spawnSync } from "node:child_process";
import { COMMAND, denoPath, PROJECT } from "./project.ts";

const ARGS = [
  "check",
  "--plugin",
  "build/wasm-plugins/image-policy.wasm",
  "--settings",
  "wasm-plugins/image-policy/samples-settings.yaml",
  "wasm-plugins/image-policy/samples",
];

const onDeno = "Deno" in globalThis;
const [program, prefix] = onDeno
  ? [denoPath(), ["run", "-A", "src/cli/main.ts"]]
  : [process.execPath, [COMMAND]];

console.log(`$ cofferdam ${ARGS.join(" ")}\n`);
const { status } = spawnSync(program, [...prefix, ...ARGS], { cwd: PROJECT, stdio: "inherit" });
console.log(`\nexit code ${status}: ${meaning(status)}`);
// Denials are what this run is meant to show; only "could not tell" is a failure of the run itself.
process.exitCode = status === 0 || status === 1 ? 0 : 2;

function meaning(code: number | null): string {
  if (code === 0) return "all allowed";
  if (code === 1) return "something was denied, as the samples mean it to be";
  return "could not tell";
}
