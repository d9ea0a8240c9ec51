import picomatch from "picomatch";
import { fileKind } from "../platform/file-system.ts";
import type { Excludes } from "./exclude.ts";
import { walk, type WalkedFile } from "./walk.ts";

/** Whether `name` holds characters that make it a glob. */
export function isGlob(name: string): boolean {
  return picomatch.scan(name, { nonegate: true }).isGlob;
}

/**
 * Every file that a glob matches.
 *
 * @param onExcluded Called for what `excludes` leaves out.
 */
export async function* walkGlob(
  pattern: string,
  excludes: Excludes,
  onExcluded: () => void,
): AsyncIterable<WalkedFile> {
  const { base, glob } = picomatch.scan(pattern, { nonegate: true });
  const matches = picomatch(pattern, { nonegate: true });
  const wants = (name: string) => matches(name);
  const root = base === "" ? "." : base.replace(/\\(.)/g, "$1");
  if (await fileKind(root) !== "directory") return;
  yield* walk(root, { wants, excludes, maxDepth: depthOf(glob), onExcluded });
}

/** How many folders deep a glob can reach; braces and groups may repeat or hide a slash. */
function depthOf(glob: string): number {
  return /\*\*|[{(].*\//.test(glob) ? Infinity : glob.split("/").length - 1;
}
