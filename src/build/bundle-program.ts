import type * as Esbuild from "esbuild";
import { encodeSourceMap, PROGRAM_NAME } from "../bundle/source-map.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { requireFile } from "../platform/package.ts";
import { columnOf } from "./source-column.ts";
import { ENTRY_NAME, type Refusal, resolver } from "./resolver.ts";
import { findTool } from "./tool.ts";

/** A plugin's program in one script. */
export interface Program {
  readonly code: string;
  /** Its source map, as plugins carry it; one that is too large is left out. */
  readonly map: string | undefined;
  /** Files that are in it, as paths from the plugin's folder, and how many bytes of each. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly warnings: readonly string[];
}

/** What the program is made from. */
export interface ProgramSource {
  /** The folder of the author's module. */
  readonly folder: string;
  /** The module's name in it: `policy.ts`. */
  readonly file: string;
  /** The author's, where there is one. */
  readonly tsconfig: string | undefined;
  /** Functions of capabilities that the plugin may call, in the order of its slots. */
  readonly slots: readonly string[];
}

/** The global in which the program leaves what the guest kit says of the plugin. */
export const RESULT = "$result";

/** What esbuild says, and what it is to us. The first that fits counts. */
const CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/top-level await/i, "build.top-level-await"],
  [/^Could not resolve|^No matching export/, "build.import-missing"],
  [/^No loader is configured for "\.(node|wasm)"/, "build.import-refused"],
];

/** What an author is told in its place, where it speaks of what is not theirs. */
function wordsFor(code: ErrorCode, text: string): string {
  if (code === "build.top-level-await") {
    return '"await" cannot stand at the top level, which runs once, when the plugin is built';
  }
  if (code === "build.import-refused") {
    return `${text}: packages with native parts cannot run in a plugin`;
  }
  const missing = /^Could not resolve "((?:@[^/"]+\/)?[^./"][^/"]*)/.exec(text)?.[1];
  return missing === undefined ? text : `${text}; run: npm install ${missing}`;
}

/**
 * Puts the author's module, the guest kit and the packages that they import into one script. Nothing
 * of this machine's paths is in it.
 *
 * @throws {PluginError} `build.syntax-error`, `build.import-missing`, `build.import-refused`,
 * `build.top-level-await`, `build.dependency-missing`
 */
export async function bundleProgram(source: ProgramSource): Promise<Program> {
  const esbuild = requireFile(findTool("esbuild", "esbuild", source.folder)) as typeof Esbuild;
  try {
    return readResult(await esbuild.build(optionsOf(source)));
  } catch (thrown) {
    throw asBuildError(thrown);
  }
}

function optionsOf({ folder, file, tsconfig, slots }: ProgramSource): Esbuild.BuildOptions & {
  metafile: true;
  write: false;
} {
  const contents = [
    'import "cofferdam:guest/prelude.ts";',
    `import * as policy from ${JSON.stringify(`./${file}`)};`,
    'import { serve } from "cofferdam:guest/serve.ts";',
    `globalThis.${RESULT} = serve(policy.default, ${JSON.stringify(slotTable(slots))});`,
  ].join("\n");
  return {
    entryPoints: [ENTRY_NAME],
    absWorkingDir: folder,
    outfile: PROGRAM_NAME,
    bundle: true,
    write: false,
    metafile: true,
    format: "iife",
    // Modules are strict, and a script of them is only when it says so.
    banner: { js: '"use strict";' },
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    // Not "import": require() of a package with both kinds would get the module, not the CommonJS.
    conditions: ["module"],
    charset: "ascii",
    minifyWhitespace: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent",
    // Without one of the author's, nobody else's counts: it may lie in any folder above.
    ...(tsconfig === undefined ? { tsconfigRaw: "{}" } : { tsconfig }),
    plugins: [resolver({ contents, folder })],
  };
}

function slotTable(slots: readonly string[]): Record<string, number> {
  return Object.fromEntries(slots.map((name, index) => [name, index]));
}

const NO_MAP = "the program's source map is too large for a plugin: errors will name places in " +
  `"${PROGRAM_NAME}" instead of the sources`;

function readResult(
  { outputFiles, metafile, warnings }: Esbuild.BuildResult<{ metafile: true; write: false }>,
): Program {
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  const [output] = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".js"));
  const inputs = Object.entries(output![1].inputs)
    .map(([path, { bytesInOutput }]): [string, number] => [path, bytesInOutput]);
  const map = encodeSourceMap(withoutPlaces(text(".map")));
  const said = warnings
    .filter(({ location }) => !location?.file.startsWith("cofferdam:"))
    .map(wordsOf);
  return {
    code: text(".js"),
    map,
    inputs: new Map(inputs),
    warnings: map === undefined ? [...said, NO_MAP] : said,
  };
}

/** A source map whose packages outside of the folder are named by themselves, not by the way to them. */
function withoutPlaces(json: string): string {
  const map = JSON.parse(json) as { sources: string[] };
  const sources = map.sources.map((path) => {
    if (!path.startsWith("../")) return path;
    const at = path.lastIndexOf("/node_modules/");
    return at < 0 ? path.replace(/^(?:\.\.\/)+/, "") : path.slice(at + 1);
  });
  return JSON.stringify({ ...map, sources });
}

function asBuildError(thrown: unknown): unknown {
  const [first] = (thrown as Partial<Esbuild.BuildFailure> | null)?.errors ?? [];
  if (first === undefined) return thrown;
  const { detail, text, location } = first;
  const code = (detail as Partial<Refusal> | undefined)?.code ??
    CODES.find(([pattern]) => pattern.test(text))?.[1] ?? "build.syntax-error";
  const words = wordsOf(detail ? first : { ...first, text: wordsFor(code, text) });
  return new PluginError(code, `Cannot build the plugin: ${words}`, {
    details: location === null ? {} : {
      file: location.file,
      line: location.line,
      column: columnOf(location),
    },
  });
}

/** `policy.ts:3:5: what is wrong` */
function wordsOf({ text, location }: Esbuild.Message): string {
  if (location === null) return text;
  return `${location.file}:${location.line}:${columnOf(location)}: ${text}`;
}
