/**
 * Loads what is named, calls it once, and prints how many milliseconds that took, in a process that has
 * done neither before. What each plugin of a host shares is loaded beforehand: modules and the SDK.
 *
 *     load-once.js sandbox|quickjs FILE REQUEST
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { loadExtism } from "../../src/sandbox/link.ts";
import { ENTRY, plainReused, sandboxed } from "./twin.ts";

const [how, file, request] = process.argv.slice(2);
const input = await readFile(request!);
const bytes = await readFile(file!);
await loadExtism();
const started = performance.now();
const system = how === "sandbox"
  ? await sandboxed("plugin", bytes, false)
  : await plainReused(bytes.toString("utf8"));
await system.call(ENTRY, input);
console.log(performance.now() - started);
