import type { OpenSqlite, SqliteStatement } from "../platform/sqlite.ts";
import { PluginError } from "../plugin-error.ts";
import { overLimit, type StateBounds, tooFast } from "./state-bounds.ts";
import { StateFile } from "./state-file.ts";
import { type IsCancelled, retry } from "./state-lock.ts";
import { takeToken, type TokenBucket } from "./token-bucket.ts";

/** Keys that begin with `prefix` and come after `after`, at most `limit`. */
export interface KeyQuery {
  readonly prefix: string;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Keys of one page, in the order of their UTF-8. */
export interface KeyPage {
  readonly keys: string[];
  /** Whether there are keys behind the last one. */
  readonly more: boolean;
}

/** What a store holds, as its transactions count it. */
export interface StateUsage {
  /** Keys and values, in UTF-8. */
  readonly bytes: number;
  readonly keys: number;
}

/** What is to become of one key. */
export interface KeyChange {
  readonly key: string;
  /** null removes the key. */
  readonly value: string | null;
  /** What the key must hold, null for nothing. Left out: whatever it holds. */
  readonly expected?: string | null;
}

/** What is to become of keys, each of which stands there once: all of it or nothing. */
export interface StateChange {
  readonly changes: readonly KeyChange[];
  readonly bounds: StateBounds;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

/** What became of it. */
export interface Changed {
  /** Whether each key held what was expected, so that each now holds its value. */
  readonly matched: boolean;
  /** What each key held before, in the order of the changes. */
  readonly before: (string | null)[];
}

/** How long opening waits for it; what is open waits as long as its callers. */
const OPENING_MS = 10_000;

// coalesce(), since Node 22 binds no bytes as NULL.

const PUT = `
  INSERT INTO entry VALUES (?, coalesce(?, x''))
  ON CONFLICT (key) DO UPDATE SET value = excluded.value
`;

/** By its first key, the key after which it begins, and what comes behind its last one. */
const LIST = `
  SELECT key FROM entry
  WHERE key >= max(coalesce(?, x''), coalesce(?, x'')) AND key < ?
  ORDER BY key LIMIT ?
`;

/**
 * The store of one instance: a SQLite file, which other processes may have open as well. It blocks its
 * thread, for as long as the disk takes and while another process writes.
 */
export class StateDatabase {
  readonly #file: StateFile;
  readonly #get: SqliteStatement;
  readonly #put: SqliteStatement;
  readonly #delete: SqliteStatement;
  readonly #list: SqliteStatement;
  readonly #readUsage: SqliteStatement;
  readonly #writeUsage: SqliteStatement;

  /**
   * @param path The file; the folder around it is private to this process's user.
   * @param waitMs How long to wait for another process's lock, at most.
   * @throws {PluginError} `config.invalid` for a file of something else, or of another version;
   *   `output.unwritable`; `capability.timeout` where another process held the lock all the time
   * @throws {Error} SQLite's, for a file that is none of its own
   */
  constructor(open: OpenSqlite, path: string, waitMs: number = OPENING_MS) {
    const deadline = performance.now() + waitMs;
    const isCancelled: IsCancelled = () => performance.now() >= deadline;
    this.#file = new StateFile(open, path, isCancelled);
    try {
      const prepare = (sql: string) => this.#file.prepare(sql, isCancelled);
      this.#get = prepare("SELECT value FROM entry WHERE key = ?");
      this.#put = prepare(PUT);
      this.#delete = prepare("DELETE FROM entry WHERE key = ?");
      this.#list = prepare(LIST);
      this.#readUsage = prepare("SELECT * FROM usage");
      this.#writeUsage = prepare("UPDATE usage SET bytes = ?, keys = ?, tokens = ?, tokens_at = ?");
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  get(key: string, isCancelled: IsCancelled): string | null {
    return decode(retry(isCancelled, () => this.#valueOf(encode(key))));
  }

  list({ prefix, after, limit }: KeyQuery, isCancelled: IsCancelled): KeyPage {
    const first = encode(prefix);
    // The next key that there can be is the same with a zero behind it.
    const next = after === undefined ? first : withByte(encode(after), 0);
    // No UTF-8 has the byte 0xff.
    const end = withByte(first, 0xff);
    const rows = retry(isCancelled, () => this.#list.all(first, next, end, limit + 1));
    const keys = rows.map((row) => decode(row["key"] as Uint8Array)!);
    return { keys: keys.slice(0, limit), more: keys.length > limit };
  }

  usage(_: null, isCancelled: IsCancelled): StateUsage {
    const { bytes, keys } = retry(isCancelled, () => this.#readUsage.get()!);
    return { bytes: bytes as number, keys: keys as number };
  }

  /**
   * Reads keys and writes them, with nobody in between, in any process. Returns when the change is on the
   * disk: one commit, however many keys.
   *
   * @throws {PluginError} `capability.limit`; nothing is written then
   * @throws {PluginError} `capability.timeout` where it was cancelled before it was written
   */
  change(change: StateChange, isCancelled: IsCancelled): Changed {
    const outcome = this.#file.transact(isCancelled, () => this.#changeKeys(change));
    if (outcome instanceof PluginError) throw outcome;
    return outcome;
  }

  close(): void {
    this.#file.close();
  }

  /** A refusal is returned: what the bucket counted is written all the same. */
  #changeKeys({ changes, bounds, now }: StateChange): Changed | PluginError {
    const entries = changes.map(({ value, expected, ...change }) => {
      const key = encode(change.key);
      const stored = this.#valueOf(key);
      const wanted = value === null ? undefined : encode(value);
      return { key, stored, before: decode(stored), wanted, expected };
    });
    const before = entries.map((entry) => entry.before);
    const isExpected = entries.every((one) =>
      one.expected === undefined || one.before === one.expected
    );
    if (!isExpected) return { matched: false, before };
    const changed = entries.filter(({ stored, wanted }) => stored ?? wanted);
    if (changed.length === 0) return { matched: true, before };

    const usage = this.#readUsage.get()!;
    const bucket = usage["tokens_at"] === null
      ? undefined
      : { tokens: usage["tokens"], at: usage["tokens_at"] } as TokenBucket;
    const taken = takeToken(bucket, now, bounds.writesPerSecond);
    const held = { bytes: usage["bytes"] as number, keys: usage["keys"] as number };
    if (!taken.ok) {
      // Else an empty bucket would stay so until the clock is again where it was before it was set back.
      if (taken.bucket.at < bucket!.at) this.#count(held, taken.bucket);
      return tooFast(bounds);
    }
    let { bytes, keys } = held;
    for (const { key, stored, wanted } of changed) {
      bytes += sizeOf(key, wanted) - sizeOf(key, stored);
      keys += (wanted === undefined ? 0 : 1) - (stored === undefined ? 0 : 1);
    }
    // Where an operator lowered a bound, a guest must still be able to make room.
    if (bytes > bounds.maxBytes && bytes > held.bytes) {
      return overLimit(`it would hold ${bytes} bytes, at most ${bounds.maxBytes} are granted`);
    }
    if (keys > bounds.maxKeys && keys > held.keys) {
      return overLimit(`it would hold ${keys} keys, at most ${bounds.maxKeys} are granted`);
    }
    for (const { key, wanted } of changed) {
      if (wanted === undefined) this.#delete.run(key);
      else this.#put.run(key, wanted);
    }
    this.#count({ bytes, keys }, taken.bucket);
    return { matched: true, before };
  }

  #valueOf(key: Uint8Array): Uint8Array | undefined {
    return this.#get.get(key)?.["value"] as Uint8Array | undefined;
  }

  #count({ bytes, keys }: StateUsage, { tokens, at }: TokenBucket): void {
    this.#writeUsage.run(bytes, keys, tokens, at);
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
}

function sizeOf(key: Uint8Array, value: Uint8Array | undefined): number {
  return value === undefined ? 0 : key.length + value.length;
}

function withByte(bytes: Uint8Array, byte: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  longer[bytes.length] = byte;
  return longer;
}
