import { buildPlugin } from "../build/build-plugin.ts";
import { checkWritable, writeFileAtomic } from "../platform/output-file.ts";
import { usage } from "./flags.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam build`: makes a plugin of a module in TypeScript. */
export const build: Verb = {
  name: "build",
  summary: "Make a plugin of a module in TypeScript",
  usage: "policy.ts -o policy.wasm [FLAGS]",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-run --allow-sys",
  flags: [
    { name: "output", short: "o", value: "FILE", help: "where the plugin is written" },
    {
      name: "manifest",
      value: "FILE",
      help: "the manifest; the default is plugin.json beside the module",
    },
  ],
  notes:
    "Checks its types, bundles it with the packages that it imports, and runs its top level once.\n" +
    "The same sources and packages give the same bytes. Prints the plugin's digest.\n" +
    "Needs the packages esbuild and typescript: npm install --save-dev esbuild typescript",
  run: runBuild,
};

async function runBuild({ flags, log, stdout }: VerbContext): Promise<ExitCode> {
  const [source, ...more] = flags.positionals;
  if (source === undefined || more.length > 0) throw usage("wanted one module: policy.ts");
  const output = flags.one("output");
  if (output === undefined) throw usage('"--output" is missing: -o policy.wasm');
  await checkWritable(output);
  const { bytes, digest, warnings } = await buildPlugin(source, {
    manifest: flags.one("manifest"),
  });
  for (const warning of warnings) log("warn", warning);
  await writeFileAtomic(output, bytes);
  await stdout.write(`${digest}\n`);
  return 0;
}
