/**
 * Compiles the plugins of `wasm-plugins` into `build/wasm-plugins`: for each, the bare module and the
 * bundle with its manifest. The same sources give the same bytes, on Node and on Deno.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";
import { type AssemblyScriptCompiler, compileAssemblyScript } from "../src/build/assemblyscript.ts";
import { packBundle } from "../src/bundle/pack.ts";
import { PROJECT } from "./project.ts";

/** Every plugin that is shipped with the project, by the name of its folder. */
export const PLUGINS: readonly string[] = ["image-policy"];

/**
 * Compiles AssemblyScript of this project.
 *
 * @param entry The file with the exports, relative to the project's folder.
 * @throws {PluginError} With the compiler's own messages.
 */
export function compileGuest(entry: string): Promise<Uint8Array> {
  // Paths stay relative, so that none of this machine's goes into the module.
  const source = { folder: PROJECT, entry, kit: "wasm-plugins/sdk/assembly" };
  return compileAssemblyScript(asc as unknown as AssemblyScriptCompiler, source);
}

/** One plugin, built. */
export interface BuiltPlugin {
  /** The module without a manifest. */
  readonly core: Uint8Array;
  /** The module with its manifest. */
  readonly bundle: Uint8Array;
}

/** Builds the plugin of the folder `wasm-plugins/<name>`. */
export async function buildPlugin(name: string): Promise<BuiltPlugin> {
  const core = await compileGuest(`wasm-plugins/${name}/assembly/index.ts`);
  const manifest = await readFile(join(PROJECT, "wasm-plugins", name, "plugin.json"), "utf8");
  return { core, bundle: packBundle(core, JSON.parse(manifest)) };
}

/**
 * Builds every plugin: `build/wasm-plugins/<name>.wasm` is the bundle, `<name>.core.wasm` the module
 * without a manifest.
 *
 * @returns The bundles' paths.
 */
export async function buildPlugins(): Promise<string[]> {
  const folder = join(PROJECT, "build/wasm-plugins");
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const name of PLUGINS) {
    const { core, bundle } = await buildPlugin(name);
    const path = join(folder, `${name}.wasm`);
    await writeFile(join(folder, `${name}.core.wasm`), core);
    await writeFile(path, bundle);
    paths.push(path);
  }
  return paths;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const path of await buildPlugins()) console.error(`Built ${path}`);
}
