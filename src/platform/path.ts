import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { environmentVariable } from "./process.ts";

/** `path` as a file names it: from the file's own folder, where it is not absolute. */
export function pathFrom(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/**
 * The reverse of {@link pathFrom}, in one spelling, with `/`: `path` as a file names it that moves with
 * it.
 */
export function pathTo(file: string, path: string): string {
  return relative(dirname(resolve(file)), resolve(path)).replaceAll(sep, "/");
}

/** The folder that a file stands in. */
export function folderOf(path: string): string {
  return dirname(path);
}

/** `path` from the root on; from the current folder, where it is not absolute. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/**
 * Where programs of this user keep what they must not lose; undefined where the user has no home.
 * @see XDG Base Directory Specification 0.8: a path that is not absolute is to be ignored
 */
export function userStateFolder(): string | undefined {
  const named = environmentVariable("XDG_STATE_HOME");
  if (named !== undefined && isAbsolute(named)) return named;
  const home = environmentVariable("HOME");
  return home === undefined ? undefined : join(home, ".local", "state");
}

/** The folder and the name of a file. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  return { folder: dirname(path), name: basename(path) };
}

/** Steps of a path, put together. */
export function joinPath(...steps: string[]): string {
  return join(...steps);
}
