/**
 * Writes state, many at once, until a write fails; then says in JSON how many were acknowledged, what
 * the failure was, and how many keys there are. Argument: the folder.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { state } from "../../src/capability/state.ts";
import { ask, pluginNamed } from "./capability.ts";

const opened = await state.open({ folder: process.argv[2]! }, pluginNamed("full"));
let acknowledged = 0;
let failure: string | undefined;
for (let round = 0; failure === undefined && round < 1_000; round++) {
  const answers = await Promise.all(
    Array.from(
      { length: 10 },
      (_, n) => ask(opened, "state_put", { key: `${round}/${n}`, value: "v".repeat(1_000) }),
    ),
  );
  acknowledged += answers.filter((one) => one.ok !== undefined).length;
  failure = answers.find((one) => one.error !== undefined)?.error?.code;
}
// What a failure left behind would end the process by now.
await new Promise((resolve) => setTimeout(resolve, 50));
const { ok } = await ask(opened, "state_list", {});
const keys = (ok!["keys"] as string[]).length;
await opened.close();
writeSync(1, JSON.stringify({ acknowledged, failure, keys }));
