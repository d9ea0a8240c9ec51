/**
 * Lets four calls loop until their deadline, idles for a second and prints how much processor time the
 * process took in it, in microseconds.
 */
import process from "node:process";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { loadGuest } from "./sandbox.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const sandbox = new Sandbox(2);
const text = '(module (func (export "f") (result i32) (loop $l (br $l)) (i32.const 0)))';
const module = await loadGuest(sandbox, text, {
  mode: "worker",
  limits: { timeoutMs: 100, fuel: Number.MAX_SAFE_INTEGER },
});
await Promise.all([1, 2, 3, 4].map(() => module.call("f", new Uint8Array(0)).catch(() => {})));
await wait(300);
const before = process.cpuUsage();
await wait(1_000);
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${user + system}\n`);
await sandbox.close();
