import {
  isUnwritable,
  type OpenSqlite,
  type SqliteDatabase,
  type SqliteStatement,
} from "../platform/sqlite.ts";
import { PluginError } from "../plugin-error.ts";
import { cancelled, type IsCancelled, retry } from "./state-lock.ts";

/** Another connection's lock is waited for in pieces of this many milliseconds. */
const WAIT_MS = 100;

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

/**
 * A SQLite file that is the store of an instance, and nothing else. It blocks its thread.
 *
 * Its journal is a rollback journal: with a write-ahead log, SQLite before 3.51.3 could lose commits of
 * several processes (https://sqlite.org/wal.html#walresetbug), and runtimes bring older ones. The
 * journal is kept and written over: a file that changes its length takes longer to reach the disk.
 */
export class StateFile {
  readonly #db: SqliteDatabase;

  /**
   * Opens the file, or makes it.
   *
   * @throws {PluginError} `config.invalid` for a file of something else, or of another version;
   *   `output.unwritable`; `capability.timeout` where another process held the lock all the time
   * @throws {Error} SQLite's, for a file that is none of its own
   */
  constructor(open: OpenSqlite, path: string, isCancelled: IsCancelled) {
    this.#db = orUnwritable(path, () => open(path, { timeout: WAIT_MS }));
    try {
      orUnwritable(path, () => this.#prepareFile(isCancelled));
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
      this.transact(isCancelled, () => {
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

  /** It reads the schema, so that it may meet a lock as well. */
  prepare(sql: string, isCancelled: IsCancelled): SqliteStatement {
    return retry(isCancelled, () => this.#db.prepare(sql));
  }

  /** All of `action` or nothing of it, while nobody else writes. */
  transact<T>(isCancelled: IsCancelled, action: () => T): T {
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

  close(): void {
    this.#db.close();
  }
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
