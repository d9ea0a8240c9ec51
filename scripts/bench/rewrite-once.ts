/** Rewrites the module that is named, once, and prints how many milliseconds that took: a cold process. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { LIMITS } from "../../src/limits.ts";
import { meter } from "../../src/sandbox/metering/meter.ts";
import { readOutline } from "../../src/wasm/outline.ts";

const bytes = new Uint8Array(await readFile(process.argv[2]!));
const started = performance.now();
meter("the module", bytes, readOutline(bytes), { memoryPages: LIMITS.memoryPages });
console.log(performance.now() - started);
