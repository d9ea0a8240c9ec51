import { fileIdentity } from "../platform/file-system.ts";
import { sha256Sync } from "../platform/hash.ts";
import { makePrivateFolder } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { StateStore } from "./state-store.ts";

/** A store that several plugins of this process may share, and how many do. */
interface Shared {
  readonly opened: Promise<Opened>;
  users: number;
  /** Set once nobody uses it any more. */
  closed?: Promise<void>;
}

interface Opened {
  readonly store: StateStore;
  /** Of the file that it has open. */
  readonly identity: string;
}

/** The store, in the folder of its instance. SQLite's journal stands beside it. */
const FILE = "state.sqlite";

const openStores = new Map<string, Shared>();

/**
 * Opens the store of an instance, in a folder of its own within the operator's. A process opens it
 * once, however many ask, and anew where what is open is of no use any more.
 *
 * @throws {PluginError} `trust.writable`, `output.unwritable`, `config.invalid`, `capability.timeout`
 */
export async function openInstanceStore(
  folder: string,
  instance: string,
): Promise<{ readonly store: StateStore; release(): Promise<void> }> {
  const path = await makePrivateFolder(folder, folderName(instance));
  for (;;) {
    // Nothing is awaited between looking and counting, so that nobody opens or closes it in between.
    const shared = openStores.get(path) ?? openShared(path);
    if (shared.closed !== undefined) {
      await shared.closed;
      continue;
    }
    shared.users++;
    const release = once(() =>
      --shared.users > 0 ? Promise.resolve() : shared.closed = close(path, shared)
    );
    try {
      const opened = await shared.opened;
      if (await isUsable(path, opened)) return { store: opened.store, release };
    } catch (error) {
      await release();
      throw error;
    }
    // Those who have it keep it.
    forget(path, shared);
    await release();
  }
}

/** Whether its thread runs, and its file still is the one that stands there. */
async function isUsable(path: string, { store, identity }: Opened): Promise<boolean> {
  return await fileIdentity(`${path}/${FILE}`) === identity && !store.isGone;
}

function openShared(path: string): Shared {
  const shared: Shared = { opened: openFile(`${path}/${FILE}`), users: 0 };
  openStores.set(path, shared);
  return shared;
}

async function openFile(file: string): Promise<Opened> {
  const store = await StateStore.open(file);
  return { store, identity: await fileIdentity(file) };
}

async function close(path: string, shared: Shared): Promise<void> {
  try {
    const opened = await shared.opened.catch(() => undefined);
    await opened?.store.close();
  } finally {
    forget(path, shared);
  }
}

function forget(path: string, shared: Shared): void {
  if (openStores.get(path) === shared) openStores.delete(path);
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
