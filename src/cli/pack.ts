import { openBundle } from "../bundle/bundle.ts";
import { packBundle } from "../bundle/pack.ts";
import { readManifest, readPluginFile } from "../host/open-plugin-file.ts";
import { LIMITS } from "../limits.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { usage } from "./flags.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam pack`: writes a manifest into a module. */
export const pack: Verb = {
  name: "pack",
  summary: "Write a manifest into a Wasm file, which makes it a bundle",
  usage: "PLUGIN.wasm --manifest plugin.json -o OUT.wasm",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-sys=uid",
  flags: [
    { name: "manifest", value: "FILE", help: "the manifest, JSON" },
    { name: "output", short: "o", value: "FILE", help: "where the bundle is written" },
  ],
  notes: "The same inputs give the same bytes. Prints the bundle's digest.",
  run: runPack,
};

async function runPack({ flags, stdout }: VerbContext): Promise<ExitCode> {
  const [source, ...more] = flags.positionals;
  if (source === undefined || more.length > 0) throw usage("wanted one PLUGIN.wasm");
  const manifestPath = flags.one("manifest");
  if (manifestPath === undefined) throw usage('"--manifest" is missing');
  const output = flags.one("output");
  if (output === undefined) throw usage('"--output" is missing: -o OUT.wasm');
  const wasm = await readPluginFile(source, LIMITS.bundleBytes);
  const packed = packBundle(wasm, await readManifest(manifestPath));
  // Opened as a user would: a bundle that could not be read is not written.
  const { digest } = await openBundle(packed);
  await writeFileAtomic(output, packed);
  await stdout.write(`${digest}\n`);
  return 0;
}
