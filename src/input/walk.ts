import {
  type DirectoryEntry,
  fileKind,
  isWithin,
  readDirectory,
  resolvePath,
} from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import type { Excludes } from "./exclude.ts";
import { entryName } from "./input-name.ts";

/** Folders that hold no input of anybody's own. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** What a walk comes upon: a file to read, or something that cannot be read and why. */
export interface WalkedFile {
  readonly name: string;
  readonly error?: PluginError;
}

/** How a folder is walked. */
export interface WalkOptions {
  /** Whether a file is wanted, by its name from the walk's start and its last part. */
  readonly wants: (name: string, fileName: string) => boolean;
  readonly excludes: Excludes;
  /** How many folders below the root are entered. */
  readonly maxDepth?: number;
  /** Called for each wanted file and each folder that `excludes` keeps out. */
  readonly onExcluded?: () => void;
}

/**
 * The wanted files below `root`, each folder's entries in the order of their names. The root itself
 * may be a link. Below it a link to a file is followed where it leads to a place within the root;
 * one that leads out is an error, since whoever wrote the folder would choose what is read. Links to
 * folders are not followed: what they lead to within the root is walked by its own name, so that
 * no loop can arise and no file is met twice. One that leads out is an error as well, where a folder
 * of its name would be entered: what it leads to would go unseen.
 */
export async function* walk(root: string, options: WalkOptions): AsyncIterable<WalkedFile> {
  const { wants, excludes, maxDepth = Infinity, onExcluded } = options;
  const realRoot = await resolvePath(root).catch(() => undefined);
  // A stack, the next to visit last: a folder tree may be deeper than calls can be.
  const pending: Pending[] = [
    { name: root, depth: 0, entry: { name: root, kind: "directory" } },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, depth, entry } = next;
    if (depth > 0 && excludes(name)) {
      if (entry.kind === "directory" || wants(name, entry.name)) onExcluded?.();
    } else if (entry.kind === "directory") {
      if (!isEntered(next, maxDepth)) continue;
      try {
        for (const child of (await readDirectory(name)).reverse()) {
          pending.push({ name: entryName(name, child.name), depth: depth + 1, entry: child });
        }
      } catch (error) {
        yield { name, error: PluginError.from(error) };
      }
    } else if (entry.kind === "link" && await leadsToFolder(name)) {
      if (!isEntered(next, maxDepth)) continue;
      const error = await faultOfLink(name, root, realRoot);
      if (error !== undefined) yield { name, error };
    } else if (wants(name, entry.name)) {
      const error = await obstacleOf(name, entry, root, realRoot);
      yield error === undefined ? { name } : { name, error };
    }
  }
}

/** Something that the walk has still to look at. */
interface Pending {
  readonly name: string;
  /** 0 is the root. */
  readonly depth: number;
  readonly entry: DirectoryEntry;
}

function isEntered({ depth, entry }: Pending, maxDepth: number): boolean {
  return depth === 0 || (depth <= maxDepth && !SKIPPED_FOLDERS.has(entry.name));
}

async function leadsToFolder(name: string): Promise<boolean> {
  // What cannot be looked at is no folder; if it is wanted, the next look says why.
  return await fileKind(name).catch(() => undefined) === "directory";
}

/** Why a wanted entry that is no folder cannot be read. */
async function obstacleOf(
  name: string,
  entry: DirectoryEntry,
  root: string,
  realRoot: string | undefined,
): Promise<PluginError | undefined> {
  try {
    const kind = entry.kind === "link" ? await fileKind(name) : entry.kind;
    if (kind === undefined) {
      return new PluginError(
        "input.not-found",
        `Cannot read "${name}": it is a link that leads nowhere`,
      );
    }
    if (kind === "other") {
      return new PluginError(
        "input.unreadable",
        `Cannot read "${name}": it is a pipe, socket or device, not a regular file`,
      );
    }
    return entry.kind === "link" ? await faultOfLink(name, root, realRoot) : undefined;
  } catch (error) {
    return PluginError.from(error);
  }
}

/** An error where the link `name` leads out of `root`. */
async function faultOfLink(
  name: string,
  root: string,
  realRoot: string | undefined,
): Promise<PluginError | undefined> {
  const target = await resolvePath(name).catch(() => undefined);
  if (target !== undefined && realRoot !== undefined && isWithin(target, realRoot)) {
    return undefined;
  }
  return new PluginError(
    "input.unreadable",
    `Cannot read "${name}": it is a link that leads out of "${root}"; name it as an input to ` +
      "have it judged, or exclude it",
  );
}
