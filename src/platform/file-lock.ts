import { PluginError } from "../plugin-error.ts";
import { isBusy, loadSqlite, type OpenSqlite, type SqliteDatabase } from "./sqlite.ts";

/** A lock that is held; the kernel drops it where this process ends, however it ends. */
export interface FileLock {
  release(): void;
}

let sqlite: Promise<OpenSqlite> | undefined;

/** A database that nobody refers to any more is closed when the memory is cleaned up, and its lock gone. */
const held: Set<SqliteDatabase> = new Set();

/** What takes each kind of lock: reading keeps others from writing for as long as the transaction lasts. */
const TAKES = {
  exclusive: "BEGIN EXCLUSIVE",
  shared: "BEGIN; SELECT 1 FROM sqlite_schema",
};

/**
 * Takes a file's lock, of all processes of this machine, on Node and on Deno alike: one holder has it
 * alone (`exclusive`), or several share it.
 *
 * Node offers no lock on a file, but SQLite takes one for a transaction: the file is an empty database
 * that nothing is ever written to. So the file must be on a local disk, and this process must not open
 * and close it by other means, which would drop the lock (POSIX: fcntl).
 *
 * @param path Made where it is not there; its folder must be.
 * @returns undefined where somebody else has it
 * @throws {PluginError} `output.unwritable`; `config.invalid` where there is no SQLite
 */
export async function tryLockFile(
  path: string,
  kind: keyof typeof TAKES = "exclusive",
): Promise<FileLock | undefined> {
  const open = await (sqlite ??= loadSqlite());
  try {
    const database = open(path, { timeout: 0 });
    try {
      database.exec(TAKES[kind]);
      held.add(database);
      const release = () => {
        if (held.delete(database)) database.close();
      };
      return { release };
    } catch (error) {
      database.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  } catch (cause) {
    const why = (cause as Error).message;
    throw new PluginError("output.unwritable", `Cannot lock "${path}": ${why}`, { cause });
  }
}
