import { open, type RootDatabase } from "lmdb";
import { PluginError } from "../plugin-error.ts";
import { overLimit, type StateBounds, tooFast } from "./state-bounds.ts";
import { takeToken, type TokenBucket } from "./token-bucket.ts";

/** What is to become of a key, given what it holds (undefined: nothing). */
export type Decide = (current: Uint8Array | undefined) =>
  | { readonly write: false }
  /** undefined removes the key. */
  | { readonly write: true; readonly value: Uint8Array | undefined };

/** What {@link StateStore.change} did. */
export interface Changed {
  readonly written: boolean;
  /** What the key held before. */
  readonly before: Uint8Array | undefined;
}

/** Keys of one page, in the order of their bytes. */
export interface KeyPage {
  readonly keys: readonly Uint8Array[];
  /** Whether there are keys behind the last one. */
  readonly more: boolean;
}

/** What a store holds, as its transactions count it. */
export interface StateUsage {
  readonly bytes: number;
  readonly keys: number;
}

/** A store on disk, of one instance, which other processes may have open as well. */
export interface StateStore {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Keys that begin with `prefix` and come after `after`. */
  list(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): KeyPage;
  usage(): StateUsage;
  /**
   * Reads one key and writes it, with nobody in between, in any process. Resolves when the change is
   * on the disk.
   *
   * @throws {PluginError} `capability.limit`; nothing is written then
   */
  change(
    key: Uint8Array,
    bounds: StateBounds,
    signal: AbortSignal,
    decide: Decide,
  ): Promise<Changed>;
  close(): Promise<void>;
}

/** First byte of a key of the store's own, and of a guest's; so no guest can name ours. */
const OWN = 0;
const GUEST = 1;

const META_KEY = Uint8Array.of(OWN);

/** The one form of the store so far. */
const VERSION = 1;

interface Meta extends StateUsage {
  readonly version: number;
  /** Shared by all processes, so that two of them do not write twice as fast. */
  readonly bucket?: TokenBucket;
}

/**
 * Opens the store in a folder.
 *
 * @param folder Private to this process's user; nothing else is kept in it.
 * @throws {PluginError} `config.invalid` for a store of another version
 */
export function openStateStore(folder: string): StateStore {
  const db: RootDatabase<Uint8Array, Uint8Array> = open({
    path: folder,
    // Else a folder with a dot in its name would be taken for a file.
    noSubdir: false,
    keyEncoding: "binary",
    encoding: "binary",
    // A commit is on the disk before it counts as one: what was acknowledged must not be lost.
    overlappingSync: false,
    // Else a promise that nobody holds is rejected where a commit fails (a full disk), which would end
    // the process.
    eventTurnBatching: false,
  });
  try {
    readMeta(db);
  } catch (error) {
    void db.close();
    throw error;
  }
  return storeOf(db);
}

function storeOf(db: RootDatabase<Uint8Array, Uint8Array>): StateStore {
  // A read sees what was there when its snapshot was made; another process may have written since.
  const refresh = () => db.resetReadTxn();
  return {
    get: (key) => {
      refresh();
      return db.get(guestKey(key));
    },
    list: (prefix, after, limit) => {
      refresh();
      return listKeys(db, prefix, after, limit);
    },
    usage: () => {
      refresh();
      const { bytes, keys } = readMeta(db);
      return { bytes, keys };
    },
    change: async (key, bounds, signal, decide) => {
      // A child transaction: what throws in it undoes it, and nobody else's in the same batch.
      const outcome = await db.childTransaction(() => {
        // Nobody waits any more; the lock may have come late.
        if (signal.aborted) return { written: false, before: undefined };
        return changeKey(db, key, bounds, decide);
      }).catch(failed);
      if (outcome instanceof PluginError) throw outcome;
      return outcome;
    },
    close: () => db.close(),
  };
}

/** A commit that fails says why in a second promise, which must not be left alone either. */
function failed(error: unknown): never {
  const { commitError } = error as { commitError?: Promise<unknown> };
  commitError?.catch(() => {});
  throw error;
}

/** Within a transaction. A refusal is returned: nothing of the guest's is written before it is known. */
function changeKey(
  db: RootDatabase<Uint8Array, Uint8Array>,
  key: Uint8Array,
  bounds: StateBounds,
  decide: Decide,
): Changed | PluginError {
  const name = guestKey(key);
  const before = db.get(name);
  const decision = decide(before);
  if (!decision.write) return { written: false, before };
  const { value } = decision;
  if (before === undefined && value === undefined) return { written: false, before };

  const meta = readMeta(db);
  const { ok, bucket } = takeToken(meta.bucket, Date.now(), bounds.writesPerSecond);
  if (!ok) {
    // Else an empty bucket would stay so until the clock is again where it was before it was set back.
    if (bucket.at < meta.bucket!.at) writeMeta(db, { ...meta, bucket });
    return tooFast(bounds);
  }
  const bytes = meta.bytes + sizeOf(key, value) - sizeOf(key, before);
  const keys = meta.keys + (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  // Where an operator lowered a bound, a guest must still be able to make room.
  if (bytes > bounds.maxBytes && bytes > meta.bytes) {
    return overLimit(`it would hold ${bytes} bytes, at most ${bounds.maxBytes} are granted`);
  }
  if (keys > bounds.maxKeys && keys > meta.keys) {
    return overLimit(`it would hold ${keys} keys, at most ${bounds.maxKeys} are granted`);
  }
  if (value === undefined) void db.remove(name);
  else void db.put(name, value);
  writeMeta(db, { version: VERSION, bytes, keys, bucket });
  return { written: true, before };
}

function sizeOf(key: Uint8Array, value: Uint8Array | undefined): number {
  return value === undefined ? 0 : key.length + value.length;
}

function listKeys(
  db: RootDatabase<Uint8Array, Uint8Array>,
  prefix: Uint8Array,
  after: Uint8Array | undefined,
  limit: number,
): KeyPage {
  const first = guestKey(prefix);
  // The next key there can be is the same with a zero behind it.
  const next = after === undefined ? first : Uint8Array.of(GUEST, ...after, 0);
  const start = compareBytes(next, first) > 0 ? next : first;
  const keys: Uint8Array[] = [];
  for (const key of db.getKeys({ start })) {
    if (!startsWith(key, first)) break;
    if (keys.length === limit) return { keys, more: true };
    keys.push(Uint8Array.from(key.subarray(1)));
  }
  return { keys, more: false };
}

function guestKey(key: Uint8Array): Uint8Array {
  const name = new Uint8Array(key.length + 1);
  name[0] = GUEST;
  name.set(key, 1);
  return name;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    if (a[index] !== b[index]) return a[index]! - b[index]!;
  }
  return a.length - b.length;
}

function readMeta(db: RootDatabase<Uint8Array, Uint8Array>): Meta {
  const bytes = db.get(META_KEY);
  if (bytes === undefined) return { version: VERSION, bytes: 0, keys: 0 };
  const meta = JSON.parse(new TextDecoder().decode(bytes)) as Meta;
  if (meta.version === VERSION) return meta;
  throw new PluginError(
    "config.invalid",
    `Cannot use the state of this instance: its store has version ${meta.version}, wanted ${VERSION}`,
  );
}

function writeMeta(db: RootDatabase<Uint8Array, Uint8Array>, meta: Meta): void {
  void db.put(META_KEY, new TextEncoder().encode(JSON.stringify(meta)));
}
