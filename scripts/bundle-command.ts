/**
 * Puts the compiled command into few files, `build/command`: what Node loads at a start are its modules
 * more than anything else. `bin` in `package.json` names the result. What programs import stays in
 * modules; Deno runs the command from its sources.
 */
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { collectLicenses, NO_LICENSE_TEXT } from "../src/build/licenses.ts";
import { COMMAND, PROJECT } from "./project.ts";

/** Modules that something finds by their names beside the module that asks for them, all in one folder. */
const ENTRIES = {
  cofferdam: "build/src/cli/main.js",
  "state-thread": "build/src/capability/state-thread.js",
  test: "build/src/testing/test.js",
  worker: "build/src/sandbox/worker.js",
};

/**
 * Packages that stay where npm put them: with native parts, loaded by few verbs, or without a text of
 * their licence that could be handed on.
 */
const EXTERNAL = [
  "@cfworker/json-schema",
  "@extism/extism",
  "@grpc/grpc-js",
  "@photostructure/sqlite",
  "protobufjs",
];

/** One class for all: a test may compare an error of `cofferdam/test` with what it imports of us. */
const SHARED: Plugin = {
  name: "shared with the modules",
  setup({ onResolve }) {
    onResolve({ filter: /\/plugin-error\.js$/ }, () => ({
      path: "../src/plugin-error.js",
      external: true,
    }));
  },
};

async function bundleCommand(): Promise<void> {
  const outdir = dirname(COMMAND);
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ENTRIES,
    outdir,
    bundle: true,
    splitting: true,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: EXTERNAL,
    plugins: [SHARED],
    // CommonJS packages load Node's own modules by require().
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; ' +
        "const require = requireFrom(import.meta.url);",
    },
    legalComments: "none",
    logLevel: "warning",
  });
  const licenses = await licensesIn(metafile);
  if (licenses.includes(NO_LICENSE_TEXT)) {
    throw new Error(`a package without a licence:\n${licenses}`);
  }
  await writeFile(join(outdir, "LICENSES.txt"), licenses);
}

/** The licences of the packages whose code is in there. */
function licensesIn({ outputs }: Metafile): Promise<string> {
  const inputs = new Map(
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
    )
      // A file may stand in one output, and with nothing of it in another.
      .filter(([, bytes]) => bytes > 0),
  );
  return collectLicenses(inputs, PROJECT);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundleCommand();
