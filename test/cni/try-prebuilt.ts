/** A program that tells of an executable and of each folder whether the one runs in the other. */
import process from "node:process";
import { readPrebuilt } from "../../src/cni/prebuilt.ts";
import { PluginError } from "../../src/plugin-error.ts";

const [executable, ...folders] = process.argv.slice(2);
for (const folder of folders) {
  const said = await readPrebuilt(executable!, folder, new AbortController().signal)
    .then(() => "runs", (error) => PluginError.from(error).message);
  process.stdout.write(`${said}\n`);
}
