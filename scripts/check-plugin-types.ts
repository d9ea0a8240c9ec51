/** Checks the types of the plugins in TypeScript as `cofferdam build` does, which `npm run build` leaves out. */
import { join } from "node:path";
import { findSource } from "../src/build/build-source.ts";
import { checkTypes } from "../src/build/check-types.ts";
import { PluginError } from "../src/plugin-error.ts";
import { PLUGINS } from "./build-plugins.ts";
import { PROJECT } from "./project.ts";

/** Everything that is wrong, a line each. */
export async function checkPluginTypes(): Promise<string[]> {
  const faults: string[] = [];
  for (const name of PLUGINS) {
    const folder = join(PROJECT, "wasm-plugins", name);
    const source = await findSource(folder);
    if (source?.language !== "typescript") continue;
    try {
      await checkTypes(source.module, join(folder, "tsconfig.json"));
    } catch (error) {
      faults.push(...`${name}: ${PluginError.from(error).message}`.split("\n"));
    }
  }
  return faults;
}
