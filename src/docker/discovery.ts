import { type FileKind, fileKind, isSocket } from "../platform/file-system.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import type { PluginFolders } from "./plugin-folders.ts";
import { type PluginSpec, readJsonSpec, readSpec } from "./spec-file.ts";

/** A plugin that was found, and not spoken to yet. */
export type FoundPlugin =
  & {
    readonly name: string;
    /** What it was found by: a socket, a spec file or a bundle. */
    readonly path: string;
    /** `unix://` and the socket's path, what the spec file says, or `file://` and the bundle's path. */
    readonly address: string;
  }
  & (
    | { readonly kind: "socket" | "bundle" }
    | { readonly kind: "spec" | "json"; readonly spec: PluginSpec }
  );

/**
 * Looks a plugin up. The first of these counts, of each the one in the folder before `N/N.…`:
 *
 * 1. in each folder for sockets, `N.sock`;
 * 2. in each folder for specs, `N.spec` and then `N.json`;
 * 3. where bundles are wanted, in each folder for specs and then in each for sockets, `N.wasm`.
 *
 * Links are followed. A spec file that cannot be read is an error; what is behind it does not count.
 *
 * @throws {PluginError} `registry.not-found`, `docker.spec-invalid`, `usage.invalid` for a name that leads
 * out of the folders
 * @see moby, pkg/plugins/discovery.go: LocalRegistry.Plugin
 */
export async function findPlugin(
  name: string,
  folders: PluginFolders,
  wantsBundles: boolean,
): Promise<FoundPlugin> {
  checkName(name);
  for (const path of folders.sockets.flatMap((folder) => places(folder, name, ".sock"))) {
    if (await isSocket(path)) return { kind: "socket", name, path, address: `unix://${path}` };
  }
  for (const folder of folders.specs) {
    for (const [kind, read] of [["spec", readSpec], ["json", readJsonSpec]] as const) {
      for (const path of places(folder, name, `.${kind}`)) {
        if (await kindAt(path) === undefined) continue;
        const spec = await read(path);
        return { kind, name, path, address: spec.address, spec };
      }
    }
  }
  const forBundles = wantsBundles ? [...folders.specs, ...folders.sockets] : [];
  for (const path of forBundles.flatMap((folder) => places(folder, name, ".wasm"))) {
    if (await kindAt(path) === "file") {
      return { kind: "bundle", name, path, address: `file://${path}` };
    }
  }
  throw notFound(name, folders);
}

/** Makes sure that a name stays within the folders; Docker's goes where it leads. */
function checkName(name: string): void {
  const steps = name.split("/");
  if (!name.includes("\0") && steps.every((step) => step !== "" && step !== "." && step !== "..")) {
    return;
  }
  throw new PluginError(
    "usage.invalid",
    `Cannot look for a plugin ${JSON.stringify(name.slice(0, 100))}: it is no name of one`,
  );
}

function places(folder: string, name: string, ending: string): string[] {
  return [joinPath(folder, `${name}${ending}`), joinPath(folder, name, `${name}${ending}`)];
}

/** What a path leads to; undefined also where that cannot be told. */
async function kindAt(path: string): Promise<FileKind | undefined> {
  return await fileKind(path).catch(() => undefined);
}

function notFound(name: string, { sockets, specs }: PluginFolders): PluginError {
  const places = [...sockets, ...specs].join(", ");
  return new PluginError(
    "registry.not-found",
    `Cannot find the plugin "${name}": there is nothing of that name in ${places}`,
  );
}
