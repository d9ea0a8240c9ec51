import type { Description } from "../guest/serve.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { PluginError } from "../plugin-error.ts";
import { ENTRY_SLOTS } from "./engine/slots.ts";

/** Names that an entry point may have; `cofferdam_` ones are the host's. */
const ENTRY_NAME = /^(?!cofferdam_)(?!memory$)[a-z][a-z0-9_]{0,99}$/;

/**
 * Compares what a program implements with what its manifest says.
 *
 * @param file The author's module, for messages.
 * @returns The names of the plugin's exports, in the order of their entries.
 * @throws {PluginError} `build.not-a-plugin`, `build.contract-mismatch`
 */
export function checkContracts(
  { instead, plugins }: Description,
  manifest: Manifest,
  file: string,
): string[] {
  if (instead !== undefined) {
    throw new PluginError(
      "build.not-a-plugin",
      `Cannot build the plugin: the default export of "${file}" is ${instead}; ` +
        "wanted: export default admission((request, host) => …)",
    );
  }
  const written = plugins.map(({ contract }) => contract);
  const named: string[] = manifest.implements.map(({ contract }) => contract);
  const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
  const mismatch = (why: string) =>
    new PluginError("build.contract-mismatch", `Cannot build the plugin: ${why}`);
  const unnamed = written.filter((contract) => !named.includes(contract));
  if (unnamed.length > 0) {
    throw mismatch(
      `"${file}" implements ${list(unnamed)}, which "implements" in its manifest does not name`,
    );
  }
  const unwritten = named.filter((contract) => !written.includes(contract));
  if (unwritten.length > 0) {
    throw mismatch(
      `its manifest says that it implements ${list(unwritten)}, which "${file}" does not`,
    );
  }
  const entries = plugins.flatMap(({ exports }) => exports);
  const doubled = entries.find((name, index) => entries.indexOf(name) !== index);
  if (doubled !== undefined) throw mismatch(`"${file}" implements "${doubled}" twice`);
  const wrong = entries.find((name) => !ENTRY_NAME.test(name));
  if (wrong !== undefined) throw mismatch(`"${file}" has an entry point ${JSON.stringify(wrong)}`);
  if (entries.length === 0 || entries.length > ENTRY_SLOTS) {
    throw mismatch(`"${file}" has ${entries.length} entry points, wanted 1 to ${ENTRY_SLOTS}`);
  }
  return entries;
}
