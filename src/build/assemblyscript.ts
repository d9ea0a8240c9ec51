import { readFileBounded } from "../platform/file-system.ts";
import { importFile } from "../platform/import-module.ts";
import { findInPackages, packageFolder } from "../platform/package.ts";
import { absolutePath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

/** The part of `assemblyscript/asc` that is used. */
export interface AssemblyScriptCompiler {
  main(
    args: readonly string[],
    api: {
      readFile(name: string, baseDir: string): Promise<string | null>;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): string[];
    },
  ): Promise<{ readonly error: Error | null; readonly stderr: { toString(): string } }>;
}

const OPTIONS: readonly string[] = [
  // A call gets a fresh instance and ends within milliseconds: nothing is worth collecting.
  ...["--runtime", "stub"],
  // An instance whose memory has grown cannot be used again: a new one takes 50 us, these pages take 5.
  ...["--initialMemory", "8"],
  // Measured on the sample plugin: 15 % smaller than without --shrinkLevel, and about as fast.
  // Assertions stay: they cost 0.5 % of the size, and without them a slip reads foreign memory.
  ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--converge"],
  "--noColors",
];

/** What is compiled. */
export interface AssemblyScriptSource {
  /** Paths in messages and in the module are relative to it. */
  readonly folder: string;
  /** The file with the exports, relative to `folder`. */
  readonly entry: string;
  /** Where the guest kit is for `entry`: a folder, relative, or of a package with `~lib/` before it. */
  readonly kit: string;
}

/**
 * Compiles AssemblyScript. The same sources and the same compiler give the same bytes.
 *
 * @returns The module, without a manifest.
 * @throws {PluginError} `build.failed`, with the compiler's own messages
 */
export async function compileAssemblyScript(
  compiler: AssemblyScriptCompiler,
  { folder, entry, kit }: AssemblyScriptSource,
): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await compiler.main([
    ...[entry, "--outFile", "guest.wasm", "--baseDir", folder],
    // The kit's own, which reports through Extism what would otherwise be an import of `env.abort`.
    ...["--use", `abort=${kit}/extism/abort`],
    ...OPTIONS,
  ], {
    readFile: readSource,
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || wasm === undefined) {
    const said = stderr.toString().trim() || error?.message || "the compiler wrote nothing";
    throw new PluginError("build.failed", `Cannot compile "${entry}":\n${said}`, { cause: error });
  }
  return wasm;
}

/** The folder of a plugin's sources, and the file in it with the exports. */
export const ASSEMBLYSCRIPT_ENTRY = "assembly/index.ts";

/**
 * Compiles the plugin in AssemblyScript of a folder, with the compiler that is installed there, or
 * beside this package. The kit
 * that it imports as `cofferdam/assembly/…` is the one of this package, wherever it stands.
 *
 * @returns The module, without a manifest.
 * @throws {PluginError} `build.dependency-missing`, `build.failed`
 */
export async function buildAssemblyScript(folder: string): Promise<Uint8Array> {
  const here = absolutePath(folder);
  const path = findInPackages("assemblyscript/package.json", [here, packageFolder()]);
  if (path === undefined) {
    throw new PluginError(
      "build.dependency-missing",
      `Cannot build the plugin in "${folder}": "assemblyscript" is not installed; run: ` +
        "npm install --save-dev assemblyscript",
      { details: { dependency: "assemblyscript" } },
    );
  }
  const compiler = await importFile(absolutePath(`${path}/../dist/asc.js`));
  return await compileAssemblyScript(compiler as AssemblyScriptCompiler, {
    folder: here,
    entry: ASSEMBLYSCRIPT_ENTRY,
    kit: "~lib/cofferdam/assembly",
  });
}

/** Where the compiler looks for the kit of `import … from "cofferdam/assembly/admission"`. */
const KIT_FILE =
  /(?:^|[\\/])node_modules[\\/]cofferdam[\\/](?:.+[\\/])?assembly[\\/]([a-z0-9-]+\.ts)$/;

/** Far above any source. */
const SOURCE_BYTES = 8 * 1024 * 1024;

async function readSource(name: string, baseDir: string): Promise<string | null> {
  const file = KIT_FILE.exec(name)?.[1];
  const path = file === undefined
    ? absolutePath(`${baseDir}/${name}`)
    : absolutePath(`${packageFolder()}/wasm-plugins/sdk/assembly/${file}`);
  try {
    return new TextDecoder().decode(await readFileBounded(path, SOURCE_BYTES));
  } catch {
    // It looks for a file in many places.
    return null;
  }
}
