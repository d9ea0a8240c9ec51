/**
 * Puts the compiled command into few files, `build/command`: what Node loads at a start are its modules
 * more than anything else. `bin` in `package.json` names the result. What programs import stays in
 * modules; Deno runs the command from its sources.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { build, type Metafile } from "esbuild";
import { collectLicenses } from "../src/build/licenses.ts";
import { PROJECT } from "./project.ts";

/** The command on Node, once `npm run build` has run. */
export const COMMAND: string = join(PROJECT, "build", "command", "cofferdam.js");

/** Modules that something finds by their names beside the module that asks for them, all in one folder. */
const ENTRIES = {
  cofferdam: "build/src/cli/main.js",
  "state-thread": "build/src/capability/state-thread.js",
  test: "build/src/testing/test.js",
  worker: "build/src/sandbox/worker.js",
};

/** Packages that stay where npm put them: with native parts, or loaded by few verbs. */
const EXTERNAL = ["@extism/extism", "@grpc/grpc-js", "@photostructure/sqlite", "protobufjs"];

async function bundleCommand(): Promise<void> {
  const outdir = join(PROJECT, "build", "command");
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
    // CommonJS packages load Node's own modules by require().
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; ' +
        "const require = requireFrom(import.meta.url);",
    },
    legalComments: "none",
    logLevel: "warning",
  });
  await writeFile(join(outdir, "LICENSES.txt"), await licensesIn(metafile));
}

/** The licences of the packages whose code is in there. */
function licensesIn({ outputs }: Metafile): Promise<string> {
  const inputs = new Map(
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
    ),
  );
  return collectLicenses(inputs, PROJECT);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundleCommand();
