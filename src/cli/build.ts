import { checkWritable, writeFileAtomic } from "../platform/output-file.ts";
import { fileKind, readFileBounded } from "../platform/file-system.ts";
import { LIMITS } from "../limits.ts";
import { usage } from "./flags.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** What every module begins with. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** `cofferdam build`: makes a plugin of its author's sources. */
export const build: Verb = {
  name: "build",
  summary: "Make a plugin of its sources, in TypeScript or AssemblyScript",
  usage: "[policy.ts] [-o policy.wasm] [FLAGS]",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-run --allow-sys",
  flags: [
    {
      name: "output",
      short: "o",
      value: "FILE",
      help: "where the plugin is written; the default is policy.wasm",
    },
    {
      name: "manifest",
      value: "FILE",
      help: "the manifest; the default is plugin.json beside the sources",
    },
  ],
  notes:
    `Builds the module that is named, or what the current folder holds: policy.ts in TypeScript, or
assembly/index.ts in AssemblyScript.
TypeScript: checks its types, bundles it with the packages that it imports, and runs its top level
once. The same sources and packages give the same bytes. Prints the plugin's digest.
Needs compilers: npm install --save-dev esbuild typescript (or assemblyscript).`,
  run: runBuild,
};

async function runBuild({ flags, log, stdout }: VerbContext): Promise<ExitCode> {
  const [source = ".", ...more] = flags.positionals;
  if (more.length > 0) throw usage("wanted one module: policy.ts");
  const output = flags.one("output") ?? "policy.wasm";
  await checkWritable(output);
  await checkReplaceable(output);
  const { buildSource } = await import("../build/build-source.ts");
  const { bytes, digest, warnings } = await buildSource(source, {
    manifest: flags.one("manifest"),
  });
  for (const warning of warnings) log("warn", warning);
  await writeFileAtomic(output, bytes);
  await stdout.write(`${digest}\n`);
  return 0;
}

/**
 * A slip of the hand (`-o policy.ts`) must not cost sources: only a module is replaced.
 *
 * @throws {PluginError} `usage.invalid`
 */
async function checkReplaceable(output: string): Promise<void> {
  if (await fileKind(output) !== "file") return;
  const bytes = await readFileBounded(output, LIMITS.bundleBytes);
  const isModule = bytes.length === 0 || MAGIC.every((byte, index) => bytes[index] === byte);
  if (!isModule) throw usage(`--output "${output}" is there already, and is no WebAssembly module`);
}
