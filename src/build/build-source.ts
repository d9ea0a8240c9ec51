import { openBundle } from "../bundle/bundle.ts";
import { packBundle } from "../bundle/pack.ts";
import { readManifest } from "../host/open-plugin-file.ts";
import { fileKind } from "../platform/file-system.ts";
import { joinPath, splitPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import { ASSEMBLYSCRIPT_ENTRY, buildAssemblyScript } from "./assemblyscript.ts";
import { type BuildOptions, buildPlugin, type BuiltPlugin } from "./build-plugin.ts";

/** Where the module of a folder's plugin is: in TypeScript. */
export const TYPESCRIPT_ENTRY = "policy.ts";

/** What a plugin is made of. */
export type PluginSource =
  | { readonly language: "typescript"; readonly module: string }
  | { readonly language: "assemblyscript"; readonly folder: string };

/**
 * What there is to build: a module, or what a folder holds.
 *
 * @returns undefined for a folder that holds neither `policy.ts` nor `assembly/index.ts`.
 */
export async function findSource(path: string): Promise<PluginSource | undefined> {
  const isFolder = await fileKind(path) === "directory";
  const module = isFolder ? joinPath(path, TYPESCRIPT_ENTRY) : path;
  const folder = isFolder ? path : assemblyScriptFolder(path);
  if (folder !== undefined && await fileKind(joinPath(folder, ASSEMBLYSCRIPT_ENTRY)) === "file") {
    return { language: "assemblyscript", folder };
  }
  if (isFolder && await fileKind(module) !== "file") return undefined;
  return { language: "typescript", module };
}

/** The folder whose plugin in AssemblyScript has its exports in this file. */
function assemblyScriptFolder(path: string): string | undefined {
  const inner = splitPath(path);
  const outer = splitPath(inner.folder);
  return `${outer.name}/${inner.name}` === ASSEMBLYSCRIPT_ENTRY ? outer.folder : undefined;
}

/**
 * Makes a plugin of a module, or of what a folder holds.
 *
 * @throws {PluginError} `build.*`; `bundle.*`, `input.*`
 */
export async function buildSource(path: string, options: BuildOptions = {}): Promise<BuiltPlugin> {
  const source = await findSource(path);
  if (source === undefined) {
    throw new PluginError(
      "input.not-found",
      `Cannot build "${path}": it holds neither ${TYPESCRIPT_ENTRY} nor ${ASSEMBLYSCRIPT_ENTRY}`,
    );
  }
  if (source.language === "typescript") return await buildPlugin(source.module, options);
  const said = await readManifest(options.manifest ?? joinPath(source.folder, "plugin.json"));
  const bytes = packBundle(await buildAssemblyScript(source.folder), said);
  const bundle = await openBundle(bytes);
  return { bytes, digest: bundle.digest, manifest: bundle.manifest, warnings: [] };
}
