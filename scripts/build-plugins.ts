/**
 * Compiles the plugins of `wasm-plugins` into `build/wasm-plugins`: for each, the bare module and the
 * bundle with its manifest. The same sources give the same bytes, on Node and on Deno.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";
import { packBundle } from "../src/bundle/pack.ts";
import { PROJECT } from "./project.ts";

/** Every plugin that is shipped with the project, by the name of its folder. */
export const PLUGINS: readonly string[] = ["image-policy"];

const OPTIONS: readonly string[] = [
  // A call gets a fresh instance and ends within milliseconds: nothing is worth collecting.
  ...["--runtime", "stub"],
  // The kit's own, which reports through Extism what would otherwise be an import of `env.abort`.
  ...["--use", "abort=wasm-plugins/sdk/assembly/extism/abort"],
  // An instance whose memory has grown cannot be used again: a new one takes 50 us, these pages take 5.
  ...["--initialMemory", "8"],
  // Measured on the sample plugin: 15 % smaller than without --shrinkLevel, and about as fast.
  // Assertions stay: they cost 0.5 % of the size, and without them a slip reads foreign memory.
  ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--converge"],
];

/**
 * Compiles AssemblyScript.
 *
 * @param entry The file with the exports, relative to the project's folder.
 * @throws {Error} With the compiler's own messages.
 */
export async function compileGuest(entry: string): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  // Paths stay relative, so that none of this machine's goes into the module.
  const result = await asc.main([
    entry,
    "--outFile",
    "guest.wasm",
    "--baseDir",
    PROJECT,
    ...OPTIONS,
  ], {
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
  });
  if (result.error !== null || wasm === undefined) {
    throw new Error(`Cannot compile "${entry}":\n${result.stderr}`, { cause: result.error });
  }
  return wasm;
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
