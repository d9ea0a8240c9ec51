import { type BundleDescription, describeBundle } from "../bundle/description.ts";
import { capabilityOf } from "../capability/function-names.ts";
import { isOffered, isRefused } from "../sandbox/import.ts";
import { openPluginFile } from "./open-plugin-file.ts";

export type { BundleDescription };

/**
 * Says what a plugin's file is, and whether its manifest and its module agree. Nothing is compiled.
 *
 * @throws {PluginError} `bundle.*`, `input.*`
 */
export async function describePluginFile(source: string | Uint8Array): Promise<BundleDescription> {
  const answers = { capabilityOf, isOffered, isRefused };
  return describeBundle(await openPluginFile(source), answers);
}
