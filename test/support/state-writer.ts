/**
 * Writes state until it is killed. Arguments: the folder, and the prefix of this writer's keys. Says
 * `ready`, waits for a byte, and then a line for each write that was acknowledged.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { state } from "../../src/capability/state.ts";
import { ask, pluginNamed } from "./capability.ts";
import { writtenValue } from "./state-value.ts";

const [folder, prefix] = process.argv.slice(2) as [string, string];
const bounds = { maxBytes: 1 << 30, maxKeys: 1_000_000, writesPerSecond: 1_000_000 };
const opened = await state.open({ folder, ...bounds }, pluginNamed("crash"));
process.stdin.once("data", () => void write());
writeSync(1, "ready\n");

async function write(): Promise<void> {
  for (let n = 0;; n++) {
    const answer = await ask(opened, "state_put", {
      key: `${prefix}/${n}`,
      value: writtenValue(prefix, n),
    });
    if (answer.ok === undefined) throw new Error(JSON.stringify(answer));
    // Synchronous: what was said is in the pipe when the kill comes.
    writeSync(1, `${n}\n`);
  }
}
