import { LIMITS } from "../limits.ts";
import { type HeldFolder, isMountPoint } from "../platform/held-folder.ts";
import { PluginError } from "../plugin-error.ts";

/** What a tree holds; links are counted as nothing and never followed. */
export interface TreeSize {
  /** Of regular files; one that has several names in the tree counts once. */
  readonly bytes: number;
  readonly files: number;
  /** Folders in it, itself not counted. */
  readonly directories: number;
  /** false where there was more than may be looked at, or another file system is mounted in it. */
  readonly complete: boolean;
}

/** How much of a tree is looked at. */
export interface TreeBounds {
  readonly entries: number;
  readonly depth: number;
}

/** The defaults. */
const TREE_BOUNDS: TreeBounds = {
  entries: LIMITS.directoryEntries,
  depth: LIMITS.directoryDepth,
};

/** Measures what is in a folder. Throws `signal`'s reason once it aborts. */
export async function measureTree(
  folder: HeldFolder,
  signal: AbortSignal,
  bounds: TreeBounds = TREE_BOUNDS,
): Promise<TreeSize> {
  const size = { bytes: 0, files: 0, directories: 0, complete: true };
  const seen = new Set<number>();
  let left = bounds.entries;
  const walk = async (at: HeldFolder, depth: number): Promise<void> => {
    for await (const name of at.names()) {
      signal.throwIfAborted();
      if (left-- <= 0) {
        size.complete = false;
        return;
      }
      const facts = await at.look(name);
      if (facts?.kind === "file") {
        size.files++;
        if (facts.names > 1 && seen.has(facts.inode)) continue;
        if (facts.names > 1) seen.add(facts.inode);
        size.bytes += facts.size;
      } else if (facts?.kind === "directory") {
        size.directories++;
        if (facts.device !== folder.device || depth >= bounds.depth) size.complete = false;
        else await within(at, name, (child) => walk(child, depth + 1));
      }
    }
  };
  await walk(folder, 1);
  return size;
}

/** How often a folder is emptied again into which somebody writes meanwhile. */
const ATTEMPTS = 3;

/**
 * How many folders within each other are open at a time, and so how long a path can become where paths
 * are used; at least 2. What lies deeper is moved up first.
 */
const OPEN_LEVELS = 12;

/**
 * Removes an entry, and what is in it where it is a folder, however deep; links themselves, not where
 * they lead. Throws `signal`'s reason once it aborts; what is left then can be removed again.
 *
 * @throws {PluginError} `capability.conflict` for a mounted file system, and where somebody goes on
 * writing
 */
export function removeTree(
  parent: HeldFolder,
  name: string,
  signal: AbortSignal,
  levels: number = OPEN_LEVELS,
): Promise<void> {
  return new Removal(signal, levels).remove(parent, name);
}

class Removal {
  readonly #signal: AbortSignal;
  readonly #levels: number;
  /** Folders that were moved up. */
  #moved = 0;

  constructor(signal: AbortSignal, levels: number) {
    this.#signal = signal;
    this.#levels = levels;
  }

  /** @param above The folders that `parent` is in, and itself, the tree's own first. */
  async remove(
    parent: HeldFolder,
    name: string,
    above: readonly HeldFolder[] = [],
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#signal.throwIfAborted();
      const facts = await parent.look(name);
      if (facts === undefined) return;
      if (facts.kind !== "directory") return await parent.removeFile(name);
      if (facts.device !== parent.device) throw isMounted();
      if (above.length === this.#levels) return await this.#moveUp(parent, name, above[0]!);
      const moved = this.#moved;
      await within(parent, name, async (folder) => {
        // It may be another than the one that was looked at.
        if (folder.device !== parent.device) throw isMounted();
        for await (const child of folder.names()) {
          await this.remove(folder, child, [...above, folder]);
        }
      });
      if (await parent.removeEmptyFolder(name)) return;
      // What was moved up is in the tree's own folder now, and nobody else's.
      if (above.length === 0 && this.#moved > moved) attempt = -1;
    }
    throw conflict("somebody goes on writing to it");
  }

  async #moveUp(parent: HeldFolder, name: string, top: HeldFolder): Promise<void> {
    try {
      if (await parent.moveTo(top, name, crypto.randomUUID())) this.#moved++;
    } catch (error) {
      throw isMountPoint(error) ? isMounted() : error;
    }
  }
}

function isMounted(): PluginError {
  return conflict("a file system is mounted in it");
}

function conflict(why: string): PluginError {
  return new PluginError("capability.conflict", `Cannot remove the directory: ${why}`);
}

/** Does something with a folder in a folder, where there is one, and closes it. */
export async function within(
  parent: HeldFolder,
  name: string,
  action: (folder: HeldFolder) => Promise<void>,
): Promise<void> {
  const folder = await parent.enter(name);
  if (folder === undefined) return;
  try {
    await action(folder);
  } finally {
    await folder.close();
  }
}
