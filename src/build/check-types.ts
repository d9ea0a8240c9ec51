import { MISSING_GLOBALS } from "../guest/missing-global.ts";
import { PluginError } from "../plugin-error.ts";
import { isThere, isWithin } from "../platform/file-system.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { packageFolder } from "../platform/package.ts";
import { absolutePath, joinPath, pathFrom, splitPath } from "../platform/path.ts";
import { runScript } from "../platform/run-script.ts";
import { withTemporaryFolder } from "../platform/temporary-folder.ts";
import { builtinRefusal, isBuiltin } from "./builtin-module.ts";
import { findTool } from "./tool.ts";

/** One thing that the compiler has to say. */
interface Diagnostic {
  /** Absolute; undefined for what is about no file. */
  readonly file: string | undefined;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** What applies where the author has no `tsconfig.json`. */
const OPTIONS = {
  strict: true,
  target: "ES2023",
  lib: ["ES2023"],
  types: [],
  module: "ESNext",
  moduleResolution: "Bundler",
  allowImportingTsExtensions: true,
  allowJs: true,
  resolveJsonModule: true,
  skipLibCheck: true,
  noEmit: true,
};

/** Faults that are shown; the number of the others is. */
const MAX_SHOWN = 10;

/**
 * Has the TypeScript compiler check an author's module and all that it imports, by the author's
 * `tsconfig.json` where there is one.
 *
 * @param path Absolute.
 * @throws {PluginError} `build.type-error`, `build.dependency-missing`, `build.failed`
 */
export async function checkTypes(path: string, tsconfig: string | undefined): Promise<void> {
  const { folder, name } = splitPath(path);
  const tool = splitPath(findTool("typescript", "typescript/package.json", folder)).folder;
  const compile = (config: string) =>
    runScript(
      joinPath(tool, "lib", "tsc.js"),
      [
        ...["-p", config, "--noEmit", "--pretty", "false", "--listFiles"],
        // Else it writes a tsconfig.tsbuildinfo beside the author's.
        ...["--incremental", "false", "--composite", "false"],
      ],
      { cwd: folder },
    );
  const { code, stdout, stderr } = tsconfig === undefined
    ? await withTemporaryFolder(async (temporary) => {
      const config = joinPath(temporary, "tsconfig.json");
      const text = JSON.stringify(await configFor(path));
      await writeFileAtomic(config, new TextEncoder().encode(text));
      return await compile(config);
    })
    : await compile(tsconfig);
  const diagnostics = readDiagnostics(stdout, folder);
  const faults = diagnostics.filter(({ file }) => file === undefined || !isOurs(file));
  if (faults.length > 0) throw typeError(faults, folder);
  if (code !== 0 && diagnostics.length === 0) {
    const words = (stderr.trim() || stdout.trim()).slice(0, 1_000);
    throw new PluginError(
      "build.failed",
      `Cannot check the types: tsc ended with ${code}: ${words}`,
    );
  }
  const listed = stdout.split(/\r?\n/).some((line) => line !== "" && absolutePath(line) === path);
  if (!listed) {
    throw new PluginError(
      "build.type-error",
      `Cannot check the types: "${tsconfig}" does not include "${name}"`,
    );
  }
}

async function configFor(path: string): Promise<unknown> {
  const root = packageFolder();
  const compiled = joinPath(root, "build", "src", "guest", "mod.d.ts");
  const guest = await isThere(compiled) ? compiled : joinPath(root, "src", "guest", "mod.ts");
  return {
    compilerOptions: { ...OPTIONS, paths: { "cofferdam/guest": [guest] } },
    files: [path],
  };
}

/** Where there is no build of ours, our sources are checked with the author's: by other options. */
function isOurs(file: string): boolean {
  return isWithin(file, joinPath(packageFolder(), "src"));
}

function readDiagnostics(output: string, folder: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const placed = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/.exec(line);
    const [, file, row, column, text] = placed ?? [];
    if (placed) {
      found.push({
        file: pathFrom(joinPath(folder, "any"), file!),
        line: Number(row),
        column: Number(column),
        text: text!,
      });
      continue;
    }
    const plain = /^error (TS\d+: .*)$/.exec(line);
    if (plain) found.push({ file: undefined, line: 0, column: 0, text: plain[1]! });
  }
  return found;
}

function typeError(faults: readonly Diagnostic[], folder: string): PluginError {
  const shown = faults.slice(0, MAX_SHOWN).map((fault) => wordsOf(fault, folder));
  const more = faults.length > MAX_SHOWN ? `\n  and ${faults.length - MAX_SHOWN} more` : "";
  const { file, line, column } = faults[0]!;
  return new PluginError(
    "build.type-error",
    `Cannot build the plugin: ${shown.join("\n  ")}${more}`,
    { details: file === undefined ? {} : { file: nameIn(folder, file), line, column } },
  );
}

function wordsOf({ file, line, column, text }: Diagnostic, folder: string): string {
  const where = file === undefined ? "" : `${nameIn(folder, file)}:${line}:${column}: `;
  // TypeScript would have the types of Node installed, and the code then fails when it is bundled.
  const module = /^TS(?:2307|2580|2591|2792): Cannot find (?:module|name) '([^']+)'/.exec(text)
    ?.[1];
  if (module !== undefined && isBuiltin(module)) return `${where}${builtinRefusal(module)}`;
  const name = /Cannot find name '([\w$]+)'/.exec(text)?.[1];
  const hint = name !== undefined && Object.hasOwn(MISSING_GLOBALS, name)
    ? ` (${MISSING_GLOBALS[name]})`
    : "";
  return `${where}${text}${hint}`;
}

function nameIn(folder: string, file: string): string {
  return isWithin(file, folder) ? file.slice(folder.length + 1).replaceAll("\\", "/") : file;
}
