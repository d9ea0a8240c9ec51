import {
  isBusy,
  isUnwritable,
  type OpenSqlite,
  type SqliteDatabase,
  type SqliteStatement,
} from "../platform/sqlite.ts";
import { PluginError } from "../plugin-error.ts";
import { overLimit, type StateBounds, tooFast } from "./state-bounds.ts";
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

/** Whether nobody waits for the answer any more. */
export type IsCancelled = () => boolean;

/** Another connection's lock is waited for in pieces of this many milliseconds. */
const WAIT_MS = 100;

/** How long opening waits for it; what is open waits as long as its callers. */
const OPENING_MS = 10_000;

/** SQLite refuses some waits at once, against deadlocks. Whoever tries again sleeps so long first. */
const PAUSE_MS = 5;

/** Whose file it is: "cofD" as SQLite's `application_id`, which is 0 in a new file. */
const APPLICATION = 0x636f6644;

/** The one form of the store so far; SQLite's `user_version`, which is 0 in a new file. */
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE entry (key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);
  CREATE TABLE usage (bytes INTEGER NOT NULL, keys INTEGER NOT NULL, tokens REAL, tokens_at REAL);
  INSERT INTO usage VALUES (0, 0, NULL, NULL);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${VERSION};
`;

const IDENTITY = `
  SELECT application_id AS application, user_version AS version,
    (SELECT count(*) FROM sqlite_schema) AS things
  FROM pragma_application_id, pragma_user_version
`;

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
 *
 * Its journal is a rollback journal: with a write-ahead log, SQLite before 3.51.3 could lose commits of
 * several processes (https://sqlite.org/wal.html#walresetbug), and runtimes bring older ones. The
 * journal is kept and written over: a file that changes its length takes longer to reach the disk.
 */
export class StateDatabase {
  readonly #db: SqliteDatabase;
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
    this.#db = orUnwritable(path, () => open(path, { timeout: WAIT_MS }));
    try {
      orUnwritable(path, () => this.#prepareFile(isCancelled));
      // It reads the schema, so that it may meet a lock as well.
      const prepare = (sql: string) => retry(isCancelled, () => this.#db.prepare(sql));
      this.#get = prepare("SELECT value FROM entry WHERE key = ?");
      this.#put = prepare(PUT);
      this.#delete = prepare("DELETE FROM entry WHERE key = ?");
      this.#list = prepare(LIST);
      this.#readUsage = prepare("SELECT * FROM usage");
      this.#writeUsage = prepare("UPDATE usage SET bytes = ?, keys = ?, tokens = ?, tokens_at = ?");
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #prepareFile(isCancelled: IsCancelled): void {
    // A commit is on the disk before it counts as one: what was acknowledged must not be lost.
    retry(isCancelled, () => this.#db.exec("PRAGMA synchronous = FULL"));
    // Before anything of the file is changed.
    const mine = retry(isCancelled, () => this.#isMine());
    this.#useRollbackJournal(isCancelled);
    if (!mine) {
      this.#transact(isCancelled, () => {
        // Another process may have been faster.
        if (!this.#isMine()) this.#db.exec(SCHEMA);
      });
    } else {
      this.#tryToWrite(isCancelled);
    }
  }

  /** Whether it is a store; false where it is empty. */
  #isMine(): boolean {
    const { application, version, things } = this.#db.prepare(IDENTITY).get()!;
    if (application === 0 && version === 0 && things === 0) return false;
    if (application !== APPLICATION) {
      throw new PluginError(
        "config.invalid",
        "Cannot use the state of this instance: its file is a database of something else",
      );
    }
    if (version !== VERSION) {
      throw new PluginError(
        "config.invalid",
        `Cannot use the state of this instance: its store has version ${version}, wanted ${VERSION}`,
      );
    }
    return true;
  }

  #useRollbackJournal(isCancelled: IsCancelled): void {
    const { journal_mode: mode } = retry(
      isCancelled,
      () => this.#db.prepare("PRAGMA journal_mode = PERSIST").get()!,
    ) as { journal_mode: unknown };
    if (mode === "persist") return;
    throw new PluginError(
      "config.invalid",
      `Cannot use the state of this instance: its journal stays in mode "${mode}", wanted "persist"`,
    );
  }

  /** Writes something and takes it back, so that an operator hears now what no guest should find. */
  #tryToWrite(isCancelled: IsCancelled): void {
    retry(isCancelled, () => this.#db.exec("BEGIN IMMEDIATE"));
    try {
      this.#db.exec(`PRAGMA user_version = ${VERSION}`);
    } finally {
      this.#rollBack();
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
    const outcome = this.#transact(isCancelled, () => this.#changeKeys(change));
    if (outcome instanceof PluginError) throw outcome;
    return outcome;
  }

  close(): void {
    this.#db.close();
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

  /** All of `action` or nothing of it, while nobody else writes. */
  #transact<T>(isCancelled: IsCancelled, action: () => T): T {
    retry(isCancelled, () => this.#db.exec("BEGIN IMMEDIATE"));
    try {
      // The lock may have come late.
      if (isCancelled()) throw cancelled();
      const result = action();
      // It waits for those who still read.
      retry(isCancelled, () => this.#db.exec("COMMIT"));
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /**
   * Some failures, such as a full disk, have ended the transaction themselves; there is none to roll
   * back then, and what failed is what counts. Were one left open, the next one could not begin.
   */
  #rollBack(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // See above.
    }
  }
}

/**
 * Does `action` while somebody waits for the answer; again for as long as another connection holds
 * the lock.
 */
function retry<T>(isCancelled: IsCancelled, action: () => T): T {
  let cause: unknown;
  while (!isCancelled()) {
    const started = performance.now();
    try {
      return action();
    } catch (error) {
      if (!isBusy(error)) throw error;
      cause = error;
    }
    if (performance.now() - started < 1) sleep(PAUSE_MS);
  }
  throw cancelled(cause);
}

/** Blocks this thread. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function cancelled(cause?: unknown): PluginError {
  const why = cause === undefined ? "the time for it is over" : "another process holds it";
  return new PluginError("capability.timeout", `Cannot use the state: ${why}`, { cause });
}

function orUnwritable<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (!isUnwritable(cause)) throw cause;
    const { message } = cause as Error;
    throw new PluginError("output.unwritable", `Cannot write the state in "${path}": ${message}`, {
      cause,
    });
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
