import { CapabilityError, DriverError, type Host } from "cofferdam/guest";
import { attempt, ifThere, quote } from "./fault.ts";
import { parseRecord, type VolumeRecord } from "./record.ts";

/** A volume as state and folder say. */
export interface FoundVolume {
  readonly record: VolumeRecord;
  /** The record as it is stored. */
  readonly text: string;
  /** Where its folder is; undefined where it is lost, or could not be made. */
  readonly mountpoint: string | undefined;
  /** Why there is no folder. */
  readonly why: string;
}

/** A volume in a list. */
export type ListedVolume = { readonly name: string } & Pick<FoundVolume, "mountpoint">;

/** How often a record is read again that another process has changed meanwhile. */
const ATTEMPTS = 10;

/**
 * Records in the state and folders in the directory, brought into one. Each step is on the disk before
 * the next one, so that wherever the plugin is killed the next call about the volume can tell what was
 * meant:
 *
 * - add: the record, then the folder. A record without a folder that was never mounted gets one.
 * - remove: the record says `leaving`, the folder goes at once (the host renames it), the record goes.
 *   A `leaving` record without a folder goes; with it, nothing was removed yet and the volume stays.
 */
export class Volumes {
  readonly #host: Host;
  /** For messages: `mount`. */
  readonly #verb: string;

  constructor(host: Host, verb: string) {
    this.#host = host;
    this.#verb = verb;
  }

  /** @returns undefined where there is no such volume */
  find(name: string): FoundVolume | undefined {
    const { state, directory } = this.#host;
    return attempt(this.#what(name), () => {
      const text = state.get(keyOf(name));
      if (text === null) return undefined;
      const record = parseRecord(name, text);
      const mountpoint = ifThere(() => directory.path(name));
      if (record.folder === "leaving") {
        const next = mountpoint === undefined ? null : { ...record, folder: "used" };
        state.swap(keyOf(name), text, next && JSON.stringify(next));
        return this.find(name);
      }
      const why = "its folder is gone; put it back, or remove the volume";
      const found = { record, text, mountpoint, why };
      return mountpoint === undefined && record.folder === "unused"
        ? this.#make(name, found)
        : found;
    });
  }

  /** @throws {DriverError} `not-found` */
  get(name: string): FoundVolume {
    const found = this.find(name);
    if (found === undefined) throw this.fault("not-found", name, "there is no such volume");
    return found;
  }

  /**
   * Makes a volume of a name that has no record.
   *
   * @throws {DriverError} `conflict` for a folder that is somebody else's, `limit` without room
   */
  add(name: string, record: VolumeRecord): void {
    const { state, directory } = this.#host;
    attempt(this.#what(name), () => {
      if (ifThere(() => directory.stat(name, { measure: false })) !== undefined) {
        const why = "there is a folder of that name already, and no volume that it belongs to";
        throw this.fault("conflict", name, why);
      }
      const text = JSON.stringify(record);
      if (!state.swap(keyOf(name), null, text).swapped) throw this.#busy(name);
      try {
        directory.create(name);
      } catch (error) {
        state.swap(keyOf(name), text, null);
        throw error;
      }
    });
  }

  /**
   * Changes a volume's record.
   *
   * @param action Gives the new record, or the one that it was given for no change.
   * @throws {DriverError} `not-found`; what `action` throws
   */
  change(name: string, action: (found: FoundVolume) => VolumeRecord): FoundVolume {
    for (let i = 0; i < ATTEMPTS; i++) {
      const found = this.get(name);
      const record = attempt(this.#what(name), () => action(found));
      if (record === found.record) return found;
      const text = JSON.stringify(record);
      const { swapped } = attempt(
        this.#what(name),
        () => this.#host.state.swap(keyOf(name), found.text, text),
      );
      if (swapped) return { ...found, record, text };
    }
    throw this.#busy(name);
  }

  /**
   * Removes a volume and what is in it.
   *
   * @param check Throws where it must stay.
   */
  remove(name: string, check: (found: FoundVolume) => void): void {
    const { text } = this.change(name, (found) => {
      check(found);
      return { ...found.record, folder: "leaving" };
    });
    const { state, directory } = this.#host;
    attempt(this.#what(name), () => {
      try {
        directory.remove(name);
      } catch (error) {
        // Once it was moved away it is removed; what is left of it goes with the host's next removal.
        if (ifThere(() => directory.stat(name, { measure: false })) !== undefined) throw error;
      }
      state.swap(keyOf(name), text, null);
    });
  }

  /** The names of all volumes, in their order, each with its place where that is known. */
  all(): ListedVolume[] {
    const { state, directory } = this.#host;
    const prefix = keyOf("");
    return attempt("list volumes", () => {
      const folders = new Set(pages((after) => {
        const { names, next } = directory.list(after);
        return { items: names, next };
      }));
      const keys = pages((after) => {
        const { keys, next } = state.list({ prefix, ...after });
        return { items: keys, next };
      });
      let root: string | undefined;
      return keys.flatMap((key) => {
        const name = key.slice(prefix.length);
        // Half done, or lost; rare.
        if (!folders.has(name)) return this.#listOne(name);
        // All lie beside each other; asking for each would take longer than all the rest.
        root ??= directory.path(name).slice(0, -name.length);
        return [{ name, mountpoint: root + name }];
      });
    });
  }

  /** One that is broken is listed as well, and keeps no other from being listed. */
  #listOne(name: string): ListedVolume[] {
    try {
      const found = this.find(name);
      return found === undefined ? [] : [{ name, mountpoint: found.mountpoint }];
    } catch (error) {
      if (error instanceof DriverError) return [{ name, mountpoint: undefined }];
      throw error;
    }
  }

  /** What cannot be done with a volume. */
  fault(code: DriverError["code"], name: string, why: string): DriverError {
    return new DriverError(code, `cannot ${this.#what(name)}: ${why}`);
  }

  /** A folder that cannot be made now does not make the volume any less. */
  #make(name: string, found: FoundVolume): FoundVolume {
    const { directory } = this.#host;
    try {
      directory.create(name);
      return { ...found, mountpoint: directory.path(name) };
    } catch (error) {
      if (error instanceof CapabilityError) return { ...found, why: error.message };
      throw error;
    }
  }

  #busy(name: string): DriverError {
    return this.fault("unavailable", name, "another process goes on changing it; try again");
  }

  #what(name: string): string {
    return `${this.#verb} ${quote(name)}`;
  }
}

function keyOf(name: string): string {
  return `volume/${name}`;
}

/** Everything of a list that comes in pages. */
function pages(
  ask: (after: { readonly after?: string }) => {
    readonly items: readonly string[];
    readonly next: string | undefined;
  },
): string[] {
  const all: string[] = [];
  for (let after: { after?: string } | undefined = {}; after !== undefined;) {
    const { items, next } = ask(after);
    all.push(...items);
    after = next === undefined ? undefined : { after: next };
  }
  return all;
}
