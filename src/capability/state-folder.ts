import { sha256Sync } from "../platform/hash.ts";
import { makePrivateFolder } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { StateStore } from "./state-store.ts";

/** A store that several plugins of this process may share, and how many do. */
interface Shared {
  readonly store: Promise<StateStore>;
  users: number;
  /** Set once nobody uses it any more. */
  closed?: Promise<void>;
}

/** The store, in the folder of its instance. SQLite's journal stands beside it. */
const FILE = "state.sqlite";

const openStores = new Map<string, Shared>();

/**
 * Opens the store of an instance, in a folder of its own within the operator's. A process opens it
 * once, however many ask.
 *
 * @throws {PluginError} `trust.writable`, `output.unwritable`, `config.invalid`
 */
export async function openInstanceStore(
  folder: string,
  instance: string,
): Promise<{ readonly store: StateStore; release(): Promise<void> }> {
  const path = await makePrivateFolder(folder, folderName(instance));
  let shared = openStores.get(path);
  while (shared?.closed !== undefined) {
    await shared.closed;
    shared = openStores.get(path);
  }
  if (shared === undefined) {
    openStores.set(path, shared = { store: StateStore.open(`${path}/${FILE}`), users: 0 });
  }
  shared.users++;
  const user = shared;
  const release = once(() =>
    --user.users > 0 ? Promise.resolve() : user.closed = close(path, user)
  );
  try {
    return { store: await shared.store, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function close(path: string, { store }: Shared): Promise<void> {
  try {
    await (await store.catch(() => undefined))?.close();
  } finally {
    openStores.delete(path);
  }
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => done ??= action();
}

/**
 * The folder of an instance: its name, where all but small letters, digits, `-` and `_` are written as
 * `%XX`, so that no name leads elsewhere and no two names meet, also where case does not count.
 *
 * @throws {PluginError} `config.invalid` for no name, and for half a surrogate pair
 */
export function folderName(instance: string): string {
  const bytes = new TextEncoder().encode(instance);
  const wellFormed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) === instance;
  if (instance === "" || !wellFormed) {
    throw new PluginError(
      "config.invalid",
      `Cannot keep state for the instance ${
        JSON.stringify(instance)
      }: it must have a name in Unicode`,
    );
  }
  const name = Array.from(bytes, (byte) => {
    const letter = String.fromCharCode(byte);
    return /[a-z0-9_-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  // "%s" begins no escape, so that no other instance can have this name.
  return name.length <= MAX_NAME ? name : `%${sha256Sync(bytes).replace(":", "-")}`;
}

/** File systems take 255 bytes. */
const MAX_NAME = 200;
