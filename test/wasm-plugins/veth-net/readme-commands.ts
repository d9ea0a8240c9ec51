import { readFile } from "node:fs/promises";
import type { ExecCommand } from "../../../src/capability/exec-grant.ts";
import { readConfig } from "../../../src/config/config.ts";
import { projectPath } from "../../support/paths.ts";

/** The commands of the configuration that the plugin's README shows, by their names. */
export async function readmeCommands(): Promise<Readonly<Record<string, ExecCommand>>> {
  const readme = await readFile(projectPath("wasm-plugins", "veth-net", "README.md"), "utf8");
  const text = /^```yaml\n(.*?)^```$/ms.exec(readme)?.[1];
  if (text === undefined) throw new Error("the README shows no configuration");
  const { plugins } = await readConfig(new TextEncoder().encode(text), "README.md");
  return plugins["veth-net"]!.commands as unknown as Readonly<Record<string, ExecCommand>>;
}
