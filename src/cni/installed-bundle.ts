import { readDirectory } from "../platform/file-system.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Where the copy of a type's bundle lies. It is named for its digest, so that installing another one leaves
 * the file alone that a call is about to open.
 *
 * @param folder The private one.
 * @param digest `sha256:<hex>`
 */
export function bundlePath(folder: string, type: string, digest: string): string {
  return joinPath(folder, `${type}.${digest.slice("sha256:".length)}.wasm`);
}

/**
 * The copies of a type's bundles that lie in a private folder, in order.
 *
 * @throws {PluginError} `input.unreadable`
 */
export async function bundlesOf(folder: string, type: string): Promise<string[]> {
  const entries = await readDirectory(folder).catch((error) => {
    if (PluginError.from(error).code === "input.not-found") return [];
    throw error;
  });
  return entries.map(({ name }) => name)
    .filter((name) => name.startsWith(`${type}.`) && DIGEST.test(name.slice(type.length)))
    .map((name) => joinPath(folder, name));
}

const DIGEST = /^\.[0-9a-f]{64}\.wasm$/;
