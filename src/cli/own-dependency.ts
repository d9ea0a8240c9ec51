import { isJsonObject, type JsonObject } from "../json.ts";
import { fileKind, readFileBounded } from "../platform/file-system.ts";
import { packageFolder } from "../platform/package.ts";
import { absolutePath, pathTo } from "../platform/path.ts";

/**
 * How the `package.json` at `manifest` names the package that runs: by the tarball that it was installed
 * from, or else by its folder. Either is a path from where that file stands.
 */
export async function ownDependency(
  manifest: string,
  folder: string = packageFolder(),
): Promise<string> {
  const path = await tarballOf(folder) ?? folder;
  return `file:${pathTo(manifest, path)}`;
}

/** The tarball that npm has installed the package from, as long as it is there. */
async function tarballOf(folder: string): Promise<string | undefined> {
  const [, root, place] = /^(.*)[\\/](node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)$/.exec(folder) ??
    [];
  if (root === undefined) return undefined;
  for (const lock of ["node_modules/.package-lock.json", "package-lock.json"]) {
    const resolved = await resolvedIn(`${root}/${lock}`, place!.replaceAll("\\", "/"));
    if (resolved === undefined || !/^file:.*\.(?:tgz|tar\.gz)$/.test(resolved)) continue;
    const named = resolved.slice("file:".length);
    const path = absolutePath(/^(?:[\\/]|[A-Za-z]:)/.test(named) ? named : `${root}/${named}`);
    if (await fileKind(path) === "file") return path;
  }
  return undefined;
}

/** Far above any lock. */
const LOCK_BYTES = 64 * 1024 * 1024;

/** Where a lock of npm says that a package comes from. */
async function resolvedIn(lock: string, place: string): Promise<string | undefined> {
  try {
    const text = new TextDecoder().decode(await readFileBounded(lock, LOCK_BYTES));
    const { packages } = JSON.parse(text) as JsonObject;
    const entry = isJsonObject(packages) ? packages[place] : undefined;
    const resolved = isJsonObject(entry) ? entry["resolved"] : undefined;
    return typeof resolved === "string" ? resolved : undefined;
  } catch {
    // Nobody promised that npm was here.
    return undefined;
  }
}
