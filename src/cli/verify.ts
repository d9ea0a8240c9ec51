import { openPluginFile } from "../host/open-plugin-file.ts";
import { usage } from "./flags.ts";
import { visible } from "./format/visible.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam verify`: checks form and digest of a plugin's file. */
export const verify: Verb = {
  name: "verify",
  summary: "Check the form of a plugin's file, and its digest",
  usage: "PLUGIN.wasm [--digest sha256:HEX]",
  denoPermissions: "--allow-read --allow-env",
  flags: [{ name: "digest", value: "sha256:HEX", help: "the digest that it must have" }],
  notes: `Nothing is compiled or run.
Exit code: 0 the file is a plugin and has the digest, 2 it is not or has another.`,
  run: runVerify,
};

async function runVerify({ flags, stdout }: VerbContext): Promise<ExitCode> {
  const [path, ...more] = flags.positionals;
  if (path === undefined || more.length > 0) throw usage("wanted one PLUGIN.wasm");
  const { digest, manifest } = await openPluginFile(path, flags.one("digest"));
  await stdout.write(`${visible(path)}: ${manifest.name} ${manifest.version} ${digest}\n`);
  return 0;
}
