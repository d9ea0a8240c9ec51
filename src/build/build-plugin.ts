import { openBundle } from "../bundle/bundle.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { packBundle } from "../bundle/pack.ts";
import { LICENSES_SECTION, SOURCE_MAP_SECTION } from "../bundle/source-map.ts";
import { FUNCTION_NAMES } from "../capability/function-names.ts";
import { concatBytes } from "../concat-bytes.ts";
import { readManifest } from "../host/open-plugin-file.ts";
import { LIMITS } from "../limits.ts";
import { fileKind, isWithin, resolvePath } from "../platform/file-system.ts";
import { folderWith } from "../platform/package.ts";
import { absolutePath, joinPath, splitPath } from "../platform/path.ts";
import { missingRunPermission } from "../platform/permission.ts";
import { PluginError } from "../plugin-error.ts";
import { encodeCustomSection } from "../wasm/writer.ts";
import { bundleProgram, type Program } from "./bundle-program.ts";
import { checkContracts } from "./check-contracts.ts";
import { checkTypes } from "./check-types.ts";
import { loadEngine } from "./engine/engine.ts";
import { collectLicenses } from "./licenses.ts";
import { runTopLevel } from "./run-top-level.ts";
import { writeSnapshot } from "./snapshot.ts";

/** What {@link buildPlugin} may be told besides where the sources are. */
export interface BuildOptions {
  /** The manifest's file; the default is `plugin.json` in the plugin's folder. */
  readonly manifest?: string | undefined;
  /** False leaves the types of TypeScript to who has checked them already. */
  readonly checkTypes?: boolean | undefined;
}

/** A plugin, built. */
export interface BuiltPlugin {
  /** The bundle: a module with its manifest. */
  readonly bytes: Uint8Array;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly manifest: Manifest;
  /** What the bundler has to say and what is no error. */
  readonly warnings: readonly string[];
}

/** Of a page of memory, and what a module may have of them. */
const PAGE_BYTES = 65_536;
const MAX_PAGES = 65_536;

/** A program in one script. Larger ones take the engine more memory than a plugin may have. */
const MAX_PROGRAM_BYTES = 8 * 1024 * 1024;

/**
 * Makes a plugin of a module in TypeScript: checks its types, bundles it with what it imports, runs its
 * top level in the engine, and writes the engine as it then is. The same sources give the same bytes.
 *
 * @param path Of the module whose default export is the plugin.
 * @throws {PluginError} `build.*`; `bundle.manifest-invalid`, `bundle.too-large`, `input.*`
 */
export async function buildPlugin(path: string, options: BuildOptions = {}): Promise<BuiltPlugin> {
  const { folder: written, name } = splitPath(absolutePath(path));
  // The bundler names files by where they really are; so must we, or a link changes the bytes.
  const folder = await resolvePath(written) ?? written;
  const source = joinPath(folder, name);
  if (await fileKind(source) !== "file") {
    throw new PluginError("input.not-found", `Cannot build "${path}": there is no such file`);
  }
  const manifest = await readManifest(options.manifest ?? joinPath(written, "plugin.json"));
  const missing = await missingRunPermission();
  if (missing !== undefined) {
    throw new PluginError(
      "build.failed",
      `Cannot build the plugin: compilers are programs, and the runtime permits none; run it with "${missing}"`,
    );
  }
  const slots = (manifest.capabilities ?? []).flatMap((asked) => FUNCTION_NAMES[asked]);
  const tsconfig = findTsconfig(folder);
  const program = await bundleProgram({ folder, file: name, tsconfig, slots });
  checkSize(program);
  // The compiler runs beside us. What it has to say comes first.
  const types = options.checkTypes === false ? undefined : checkTypes(source, tsconfig);
  types?.catch(() => {});
  const engine = await loadEngine();
  const outcome = await runTopLevel(engine, program).catch(async (error) => {
    await types;
    throw error;
  });
  await types;
  const entries = checkContracts(outcome.description, manifest, name);
  checkMemory(outcome.state.memory.length / PAGE_BYTES, manifest);
  const snapshot = writeSnapshot({
    ...{ engine, state: outcome.state, entries, slots },
    memoryPages: manifest.limits?.memoryPages ?? LIMITS.memoryPages,
  });
  const licenses = await collectLicenses(program.inputs, folder);
  const bytes = packBundle(
    concatBytes([
      snapshot,
      ...(program.map === undefined ? [] : [section(SOURCE_MAP_SECTION, program.map)]),
      section(LICENSES_SECTION, licenses),
    ]),
    manifest,
  );
  const { digest } = await openBundle(bytes);
  return { bytes, digest, manifest, warnings: program.warnings };
}

/** The author's: beside the module, or above it within the same package. */
function findTsconfig(folder: string): string | undefined {
  const found = folderWith("tsconfig.json", folder);
  if (found === undefined) return undefined;
  const root = folderWith("package.json", folder);
  const isOwn = found === folder || (root !== undefined && isWithin(found, root));
  return isOwn ? joinPath(found, "tsconfig.json") : undefined;
}

function checkSize({ code, inputs }: Program): void {
  if (code.length <= MAX_PROGRAM_BYTES) return;
  const largest = [...inputs].filter(([, bytes]) => bytes > code.length / 100)
    .sort(([, a], [, b]) => b - a).slice(0, 3)
    .map(([file, bytes]) => `"${file}" (${bytes})`);
  throw new PluginError(
    "build.too-large",
    `Cannot build the plugin: its program has ${code.length} bytes, at most ${MAX_PROGRAM_BYTES} ` +
      `are allowed; most of it comes from ${largest.join(", ")}`,
  );
}

/** A plugin that begins with more than it may have, or may have more than there is, never loads. */
function checkMemory(pages: number, { limits }: Manifest): void {
  const { memoryPages = LIMITS.memoryPages } = limits ?? {};
  if (memoryPages >= pages && memoryPages <= MAX_PAGES) return;
  const why = memoryPages < pages
    ? `the plugin begins with ${pages}, and needs more for what it judges`
    : `a module has at most ${MAX_PAGES}`;
  throw new PluginError(
    "bundle.manifest-invalid",
    `Cannot build the plugin: limits.memoryPages of its manifest is ${memoryPages}, but ${why}`,
  );
}

function section(name: string, text: string): Uint8Array {
  return encodeCustomSection(name, new TextEncoder().encode(text));
}
