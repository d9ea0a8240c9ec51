import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, whether it runs from source or from the build. */
export function packageFolder(): string {
  return folderWith("package.json", dirname(fileURLToPath(import.meta.url)))!;
}

/** The nearest folder from `folder` upwards that holds a file of this name; undefined for none. */
export function folderWith(name: string, folder: string): string | undefined {
  if (existsSync(join(folder, name))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : folderWith(name, parent);
}

/**
 * The path of a file of an npm package, as a program in one of `folders` would find it; undefined where
 * none of them does.
 *
 * @param file `esbuild/package.json`, or a package's name for its main file.
 */
export function findInPackages(file: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, "package.json")).resolve(file);
    } catch {
      // Not from there.
    }
  }
  return undefined;
}

/** Loads the CommonJS module at an absolute path. */
export function requireFile(path: string): unknown {
  return createRequire(path)(path);
}
