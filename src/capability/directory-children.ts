import type { JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import {
  childPath,
  type EntryFacts,
  type HeldFolder,
  isMountPoint,
} from "../platform/held-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { measureTree, removeTree } from "./directory-tree.ts";

/** What an operator grants: children of one folder. */
export interface DirectoryGrant {
  /** Must be there; refused where others than its owner can write. Links to it are followed once. */
  readonly root: string;
  /**
   * What may be under the root before another child is made. Measured at that moment, not enforced by
   * the kernel: whoever writes into a child can fill the disk.
   */
  readonly maxBytes?: number;
  /** How many children there may be. */
  readonly maxEntries?: number;
}

/**
 * Names of children, as Docker writes names of volumes: never hidden, never a path.
 * @see moby, daemon/names/names.go
 */
export const CHILD_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;

/** What stands between rename and removal; no child can have such a name. */
const REMOVED = ".cofferdam-removed-";

/** The children of the granted folder, which stays open from first to last. */
export class Children {
  readonly #grant: DirectoryGrant;
  readonly #path: string;
  readonly #root: HeldFolder;
  #closed = false;
  /** Ends when what was begun before it has: two creations must not both take the last place. */
  #creations: Promise<unknown> = Promise.resolve();
  /** What is under way uses the open folder. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(grant: DirectoryGrant, path: string, root: HeldFolder) {
    this.#grant = grant;
    this.#path = path;
    this.#root = root;
  }

  create(name: string, signal: AbortSignal): Promise<JsonObject> {
    return this.#run(() => {
      const creation = this.#creations.then(() => this.#create(name, signal));
      this.#creations = creation.catch(() => {});
      return creation;
    });
  }

  async #create(name: string, signal: AbortSignal): Promise<JsonObject> {
    const facts = await this.#root.look(name);
    if (facts !== undefined) return this.#isChild(name, facts) && { created: false };
    const { maxBytes, maxEntries = LIMITS.directoryChildren } = this.#grant;
    let children = 0;
    for await (const other of this.#root.names()) {
      if (CHILD_NAME.test(other) && ++children >= maxEntries) {
        throw limit(name, `there are ${maxEntries}, which is as many as are granted`);
      }
    }
    if (maxBytes !== undefined) {
      const { bytes, complete } = await measureTree(this.#root, signal);
      if (bytes >= maxBytes) {
        throw limit(name, `${bytes} bytes are in use, ${maxBytes} are granted`);
      }
      if (!complete) throw limit(name, "there is more in use than can be measured");
    }
    signal.throwIfAborted();
    if (await this.#root.makeFolder(name)) return { created: true };
    return this.#isChild(name, await this.#root.look(name)) && { created: false };
  }

  list(after: string | undefined, limitTo: number, signal: AbortSignal): Promise<JsonObject> {
    return this.#run(async () => {
      const all: string[] = [];
      let looked = 0;
      for await (const name of this.#root.names()) {
        signal.throwIfAborted();
        if (++looked > LIMITS.directoryEntries) {
          const why = `it holds more than ${LIMITS.directoryEntries} entries`;
          throw new PluginError("capability.limit", `Cannot list the directories: ${why}`);
        }
        if (CHILD_NAME.test(name) && (after === undefined || name > after)) all.push(name);
      }
      const names: string[] = [];
      for (const name of all.sort()) {
        signal.throwIfAborted();
        if ((await this.#root.look(name))?.kind !== "directory") continue;
        if (names.length === limitTo) return { names, next: names.at(-1)! };
        names.push(name);
      }
      return { names };
    });
  }

  stat(name: string, measure: boolean, signal: AbortSignal): Promise<JsonObject> {
    return this.#run(async () => {
      const facts = await this.#root.look(name);
      this.#isChild(name, facts);
      const known = {
        name,
        ...(facts?.createdAt === undefined ? {} : { createdAt: facts.createdAt }),
      };
      if (!measure) return known;
      const folder = await this.#root.enter(name);
      if (folder === undefined) throw missing(name);
      try {
        return { ...known, ...await measureTree(folder, signal) };
      } finally {
        await folder.close();
      }
    });
  }

  remove(name: string, signal: AbortSignal): Promise<JsonObject> {
    return this.#run(async () => {
      this.#isChild(name, await this.#root.look(name));
      signal.throwIfAborted();
      // At once gone for everybody; what cannot be finished in this call, the next removal finishes.
      await this.#moveAway(name);
      for await (const left of this.#root.names()) {
        if (left.startsWith(REMOVED)) await removeTree(this.#root, left, signal);
      }
      return {};
    });
  }

  async #moveAway(name: string): Promise<void> {
    try {
      if (await this.#root.rename(name, `${REMOVED}${crypto.randomUUID()}`)) return;
    } catch (error) {
      if (!isMountPoint(error)) throw error;
      const why = "a file system is mounted there";
      throw new PluginError("capability.conflict", `Cannot remove "${name}": ${why}`);
    }
    throw missing(name);
  }

  path(name: string): Promise<JsonObject> {
    return this.#run(async () => {
      // Whoever uses the path must come to the folder that we mean.
      const [facts, isHere] = await Promise.all([
        this.#root.look(name),
        this.#root.isAt(this.#path),
      ]);
      this.#isChild(name, facts);
      if (!isHere) {
        throw new PluginError(
          "capability.failed",
          `Cannot give the path of "${name}": the granted folder was moved away`,
        );
      }
      return { path: childPath(this.#path, name) };
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Each of them ends soon: its call's signal has aborted by now, or will.
    await Promise.allSettled(this.#running);
    await this.#root.close();
  }

  async #run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new PluginError("capability.failed", "Cannot use the directories: they were closed");
    }
    const running = action();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** A link or a file is no child, whoever put it there. */
  #isChild(name: string, facts: EntryFacts | undefined): true {
    if (facts === undefined) throw missing(name);
    if (facts.kind === "directory") return true;
    throw new PluginError(
      "capability.denied",
      `Cannot use "${name}": it is a ${facts.kind === "link" ? "link" : "file"}, not a directory`,
    );
  }
}

function missing(name: string): PluginError {
  return new PluginError(
    "capability.not-found",
    `Cannot find "${name}": there is no such directory`,
  );
}

function limit(name: string, why: string): PluginError {
  return new PluginError("capability.limit", `Cannot create "${name}": ${why}`);
}
