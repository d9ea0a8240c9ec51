/**
 * `main FOLDER [ONLY]`: runs what `tool` wrote into FOLDER, or only the scripts and modules with ONLY in
 * their name. Prints a line `digest NAME HEX` for what every runtime must agree on, and ends with
 * `N passed, N failed`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { checkBulkCharges } from "./bulk-charges.ts";
import { compareModule, type Likeness, NAN_BITS } from "./compare-module.ts";
import { runScript } from "./run-script.ts";
import type { Script } from "./script.ts";
import { Tally } from "./tally.ts";

/** Of each part; the counts say how many there are. */
const SHOWN_FAILURES = 50;

/** How a module is compared with its original, by its name; see `tool/src/modules.rs`. */
function likenessOf(file: string, canonicalNaN: boolean): Likeness {
  if (file.endsWith(".exact.wasm")) return "exact";
  if (file.endsWith(".converts.wasm")) return canonicalNaN ? "mostly" : "exact";
  return "none";
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("Cannot run: no folder is named");
const only = process.argv[3] ?? "";
const [suite, modules] = [join(folder, "suite"), join(folder, "modules")];

let passed = 0;
let failed = 0;

function part(name: string, run: (tally: Tally) => void): void {
  const started = performance.now();
  const tally = new Tally();
  run(tally);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${tally.passed} passed, ${tally.failures.length} failed (${seconds} s)`);
  for (const [reason, count] of [...tally.counted].sort(([a], [b]) => a < b ? -1 : 1)) {
    console.log(`  ${reason}: ${count}`);
  }
  for (const failure of tally.failures.slice(0, SHOWN_FAILURES)) console.log(`  FAIL ${failure}`);
  console.log(`digest ${name.replaceAll(" ", "-")} ${tally.digest()}`);
  passed += tally.passed;
  failed += tally.failures.length;
}

const readJson = (file: string) => JSON.parse(readFileSync(join(suite, file), "utf8"));
const scripts = (readJson("index.json") as string[]).filter((file) => file.includes(only));
const files = readdirSync(modules).sort().entries();
const generated = [...files].filter(([, file]) => file.includes(only));

for (const canonicalNaN of [false, true]) {
  const suffix = canonicalNaN ? ", canonical NaN" : "";
  part(`test suite${suffix}`, (tally) => {
    for (const file of scripts) runScript(readJson(file) as Script, suite, canonicalNaN, tally);
  });
  part(`generated modules${suffix}`, (tally) => {
    for (const [number, file] of generated) {
      const bytes = readFileSync(join(modules, file));
      compareModule(file, bytes, number, canonicalNaN, likenessOf(file, canonicalNaN), tally);
    }
    const differ = tally.counted.get(NAN_BITS) ?? 0;
    if (differ * 100 > tally.passed) tally.fail(NAN_BITS, "more than one in a hundred");
  });
}
part("bulk charges", checkBulkCharges);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
