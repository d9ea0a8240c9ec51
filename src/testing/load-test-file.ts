import { type BundlerPlace, columnOf } from "../build/source-column.ts";
import { importFile, importsTypeScript, importText } from "../platform/import-module.ts";
import { findInPackages, packageFolder } from "../platform/package.ts";
import { absolutePath, folderOf } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

/** The part of esbuild that is used here. */
interface Esbuild {
  build(options: Readonly<Record<string, unknown>>): Promise<{
    readonly outputFiles: readonly { readonly text: string }[];
  }>;
}

/** What esbuild says of a source that it cannot read. */
interface EsbuildMessage {
  readonly text: string;
  readonly location:
    | ({ readonly file: string; readonly line: number } & BundlerPlace)
    | null;
}

/** The version that this was tried with. */
const ESBUILD = "esbuild@^0.28.2";

/**
 * Imports an author's test file. Deno takes it as it is; for Node it is bundled with what it imports by
 * a path, and packages are found from where it stands.
 *
 * @throws {PluginError} `build.dependency-missing`, `test.file-failed` with the place of a syntax error; what
 * the module itself throws
 */
export async function loadTestFile(path: string): Promise<void> {
  if (importsTypeScript) {
    await importFile(path);
    return;
  }
  await importText(path, await bundle(path));
}

async function bundle(path: string): Promise<string> {
  const { build } = await loadEsbuild(path);
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      sourcemap: "inline",
      logLevel: "silent",
      plugins: [{ name: "cofferdam", setup: useOwnModule }],
    });
    return outputFiles[0]!.text;
  } catch (thrown) {
    throw buildFault(path, thrown);
  }
}

/** `cofferdam/test` is this very package, wherever the command was installed. */
function useOwnModule(build: {
  onResolve(
    options: { readonly filter: RegExp },
    resolve: () => { readonly path: string; readonly external: true },
  ): void;
}): void {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const own = new URL(`./test.${ending}`, import.meta.url).href;
  build.onResolve({ filter: /^cofferdam\/test$/ }, () => ({ path: own, external: true }));
}

/** The author's own esbuild, else one that stands beside this package. */
async function loadEsbuild(path: string): Promise<Esbuild> {
  const folder = folderOf(path);
  const file = findInPackages("esbuild", [absolutePath(folder), packageFolder()]);
  if (file === undefined) {
    throw new PluginError(
      "build.dependency-missing",
      `Cannot load "${path}": Node needs esbuild to read TypeScript; run "npm install --save-dev ` +
        `${ESBUILD}"${folder === "." ? "" : ` in "${folder}"`}`,
    );
  }
  const module = await importFile(file) as Esbuild & { readonly default?: Esbuild };
  return module.default ?? module;
}

function buildFault(path: string, thrown: unknown): PluginError {
  const { errors = [] } = thrown as { readonly errors?: readonly EsbuildMessage[] };
  const [first] = errors;
  const place = first?.location;
  const where = place ? `${place.file}:${place.line}:${columnOf(place)}: ` : "";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const what = first?.text ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new PluginError("test.file-failed", `Cannot load "${path}": ${where}${what}${more}`, {
    ...(place ? { details: { line: place.line, column: columnOf(place) } } : {}),
    cause: thrown,
  });
}
