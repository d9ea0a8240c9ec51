import { isDigit, isLetter } from "cofferdam/assembly/ascii";

/**
 * A path without `.`, `..` and doubled slashes, as text alone tells: links are not followed.
 *
 * @returns `/var/log` for an absolute path and the empty string for the root; `./data` for one that
 * is relative to the project; `~/data` for one below a home. A `..` that leads out of the project
 * or the home stays where it is.
 */
export function cleanPath(path: string): string {
  const parts = path.split("/");
  let root = ".";
  let from = 0;
  if (path.startsWith("/") || path.startsWith("~")) {
    root = parts[0];
    from = 1;
  }
  const kept: string[] = [];
  for (let i = from; i < parts.length; i++) {
    const part = parts[i];
    if (part == "" || part == ".") continue;
    const isUp = part == "..";
    if (isUp && kept.length > 0 && kept[kept.length - 1] != "..") kept.pop();
    else if (!isUp || root != "") kept.push(part);
  }
  return kept.length == 0 ? root : root + "/" + kept.join("/");
}

/** True when `path` is `root` or lies below it; both as `cleanPath` gives them. */
export function isWithin(path: string, root: string): bool {
  if (path == root) return true;
  if (!path.startsWith(root + "/")) return false;
  const below = path.slice(root.length + 1);
  return below != ".." && !below.startsWith("../");
}

/**
 * True for what Docker takes as the name of a volume. Everything else that stands where a volume or
 * a host path is wanted is a path.
 */
export function isVolumeName(source: string): bool {
  if (source.length < 2) return false;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    const isMark = c == 0x5f || c == 0x2e || c == 0x2d; // _ . -
    if (!isDigit(c) && !isLetter(c) && (i == 0 || !isMark)) return false;
  }
  return true;
}
