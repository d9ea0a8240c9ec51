/**
 * Builds the plugins of `wasm-plugins` that need no other compiler than npm's into
 * `build/wasm-plugins/<name>.wasm`, as `cofferdam build` does. The same sources give the same bytes, on
 * Node and on Deno.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { buildSource } from "../src/build/build-source.ts";
import { PROJECT } from "./project.ts";

/** The plugins, by the names of their folders. */
export const PLUGINS: readonly string[] = [
  "audit-network",
  "cipd-policy",
  "docker-authz",
  "image-policy",
  "local-volume",
  "pod-security",
  "policy-network",
  "pool-ipam",
  "sbom-policy",
  "veth-net",
  "wasm-ipam",
];

/** The file of a plugin that `npm run build` has built. */
export function builtPlugin(name: string): string {
  return join(PROJECT, "build", "wasm-plugins", `${name}.wasm`);
}

/** Types are checked by `npm run ok`, once. */
async function buildPlugins(): Promise<void> {
  await mkdir(join(PROJECT, "build", "wasm-plugins"), { recursive: true });
  for (const name of PLUGINS) {
    const folder = join(PROJECT, "wasm-plugins", name);
    const { bytes, digest } = await buildSource(folder, { checkTypes: false });
    await writeFile(builtPlugin(name), bytes);
    console.error(`Built ${name}.wasm, ${bytes.length} bytes, ${digest}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await buildPlugins();
