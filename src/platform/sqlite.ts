import process from "node:process";
import { withoutExperimentalWarnings } from "./warning.ts";

/** What a column holds here. */
export type SqliteValue = Uint8Array | number | null;

/** A prepared statement; `?` are bound in their order. Rows are objects by column. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): Record<string, SqliteValue> | undefined;
  all(...values: SqliteValue[]): Record<string, SqliteValue>[];
  run(...values: SqliteValue[]): unknown;
}

/** An open database. Everything in it blocks its thread. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Opens a file, and makes it where it is not there. Waits for a lock as long as `timeout` ms. */
export type OpenSqlite = (path: string, options: { timeout: number }) => SqliteDatabase;

/** The shape that Node, Deno and the package share. @see https://nodejs.org/api/sqlite.html */
interface SqliteModule {
  readonly DatabaseSync: new (path: string, options: { timeout: number }) => SqliteDatabase;
}

/** Node's module for a Node that has none: before 22.5, and some time behind a flag. */
const PACKAGE = "@photostructure/sqlite";

/** SQLite: the runtime's own, or else the package of the same shape. */
export async function loadSqlite(): Promise<OpenSqlite> {
  // Node 22 calls it experimental on stderr, where it is nobody's business.
  const { DatabaseSync } = await withoutExperimentalWarnings(async () =>
    (process.getBuiltinModule?.("node:sqlite") ?? await import(PACKAGE)) as SqliteModule
  );
  return (path, options) => new DatabaseSync(path, options);
}

/** SQLITE_BUSY, the low byte of its extended codes as well. @see https://sqlite.org/rescode.html */
const BUSY = 5;

/** Whether an error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  // Deno gives no code.
  return errcode === undefined ? message === "database is locked" : (errcode & 0xff) === BUSY;
}
