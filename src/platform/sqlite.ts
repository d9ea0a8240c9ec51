import process from "node:process";
import { PluginError } from "../plugin-error.ts";
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

/**
 * SQLite: the runtime's own, or else the package of the same shape.
 *
 * @throws {PluginError} `config.invalid` where there is neither
 */
export async function loadSqlite(): Promise<OpenSqlite> {
  // Node 22 calls it experimental on stderr, where it is nobody's business.
  const { DatabaseSync } = await withoutExperimentalWarnings(async () =>
    (process.getBuiltinModule?.("node:sqlite") ?? await importPackage()) as SqliteModule
  );
  return (path, options) => new DatabaseSync(path, options);
}

async function importPackage(): Promise<unknown> {
  try {
    return await import(PACKAGE);
  } catch (cause) {
    const why = (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND"
      ? `install it by "npm install ${PACKAGE}@1", or use Node 22.13`
      : `${PACKAGE} cannot be loaded: ${(cause as Error).message}`;
    throw new PluginError("config.invalid", `This Node has no SQLite; ${why}`, { cause });
  }
}

/**
 * Results of SQLite, each the low byte of its extended codes as well, and what it says for them: Deno
 * gives no codes.
 *
 * @see https://sqlite.org/rescode.html
 */
const RESULTS = {
  busy: { code: 5, message: "database is locked" },
  readOnly: { code: 8, message: "attempt to write a readonly database" },
  full: { code: 13, message: "database or disk is full" },
  cannotOpen: { code: 14, message: "unable to open database file" },
};

function isResult(error: unknown, wanted: { code: number; message: string }): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  if (errcode !== undefined) return (errcode & 0xff) === wanted.code;
  // Behind it may stand a path.
  return message?.startsWith(wanted.message) ?? false;
}

/** Whether an error says that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return isResult(error, RESULTS.busy);
}

/** Whether an error says that the file may not be written, or no longer stands at its path. */
export function isReadOnly(error: unknown): boolean {
  return isResult(error, RESULTS.readOnly);
}

/** Whether an error says that the file cannot be made or written where it is. */
export function isUnwritable(error: unknown): boolean {
  return isReadOnly(error) || isResult(error, RESULTS.full) || isResult(error, RESULTS.cannotOpen);
}
