import type { DirectoryStore } from "../capability/directory.ts";
import { CHILD_NAME } from "../capability/directory-children.ts";
import type { JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";

/** Where the children of a test's folder seem to be. */
export const MEMORY_ROOT = "/directory";

/** Children of a granted folder that live as long as a test, each of them empty. */
export class MemoryDirectory implements DirectoryStore {
  readonly #names: Set<string>;

  /** @throws {PluginError} `test.case-invalid` for what no child can be called */
  constructor(names: readonly string[] = []) {
    const wrong = names.find((name) => !CHILD_NAME.test(name));
    if (wrong !== undefined) {
      throw new PluginError(
        "test.case-invalid",
        `Cannot make the directory ${
          JSON.stringify(wrong)
        }: wanted 1 to 255 letters, digits, "_", ` +
          '"." and "-", the first a letter or digit',
      );
    }
    this.#names = new Set(names);
  }

  /** The children's names, sorted. */
  names(): string[] {
    return [...this.#names].sort();
  }

  create: DirectoryStore["create"] = (name) =>
    answer(() => {
      if (this.#names.has(name)) return { created: false };
      if (this.#names.size >= LIMITS.directoryChildren) {
        const why = `there are ${this.#names.size}, which is as many as are granted`;
        throw new PluginError("capability.limit", `Cannot create "${name}": ${why}`);
      }
      this.#names.add(name);
      return { created: true };
    });

  list: DirectoryStore["list"] = (after, limit) =>
    answer(() => {
      const all = this.names().filter((name) => after === undefined || name > after);
      const names = all.slice(0, limit);
      return all.length > limit ? { names, next: names.at(-1)! } : { names };
    });

  stat: DirectoryStore["stat"] = (name, measure) =>
    answer(() => {
      this.#find(name);
      const size = { bytes: 0, files: 0, directories: 0, complete: true };
      return { name, ...(measure ? size : {}) };
    });

  remove: DirectoryStore["remove"] = (name) =>
    answer(() => {
      this.#find(name);
      this.#names.delete(name);
      return {};
    });

  path: DirectoryStore["path"] = (name) =>
    answer(() => {
      this.#find(name);
      return { path: `${MEMORY_ROOT}/${name}` };
    });

  close(): Promise<void> {
    return Promise.resolve();
  }

  #find(name: string): void {
    if (this.#names.has(name)) return;
    throw new PluginError(
      "capability.not-found",
      `Cannot find "${name}": there is no such directory`,
    );
  }
}

/** What `action` throws is a rejection, as it is where a disk is asked. */
function answer(action: () => JsonObject): Promise<JsonObject> {
  return Promise.resolve().then(action);
}
