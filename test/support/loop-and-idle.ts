/**
 * Lets four calls loop until their deadline, idles for a second and prints how much processor time the
 * process took in it, in microseconds.
 */
import process from "node:process";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { assemble } from "./guest.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const sandbox = new Sandbox(2);
const bytes = assemble('(module (func (export "f") (result i32) (loop $l (br $l)) (i32.const 0)))');
const limits = {
  timeoutMs: 100,
  memoryPages: 1,
  blockBytes: 1_000,
  inputBytes: 1_000,
  outputBytes: 1_000,
};
const module = await sandbox.load("loop", bytes, readOutline(bytes), limits);
await Promise.all([1, 2, 3, 4].map(() => module.call("f", new Uint8Array(0)).catch(() => {})));
await wait(300);
const before = process.cpuUsage();
await wait(1_000);
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${user + system}\n`);
await sandbox.close();
