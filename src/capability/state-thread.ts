import { missingPermission } from "../platform/permission.ts";
import { loadSqlite } from "../platform/sqlite.ts";
import { serveMessages } from "../platform/worker.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { StateDatabase } from "./state-database.ts";

/** What a {@link StateDatabase} can be asked; each with one argument. */
export type StateMethod = "get" | "list" | "usage" | "change";

/** What the thread is asked: first to open, last to close. */
export interface StateTask {
  readonly id: number;
  readonly method: StateMethod | "open" | "close";
  readonly argument: unknown;
  /** Its first word is no longer 0 when nobody waits for the answer any more. */
  readonly cancelled: SharedArrayBuffer;
}

/** What became of the task of that id. */
export type StateReply =
  & { readonly id: number }
  & (
    | { readonly ok: true; readonly result: unknown }
    /** Without a code it is none of a guest's business. */
    | { readonly ok: false; readonly code?: ErrorCode; readonly message: string }
  );

let database: StateDatabase | undefined;

serveMessages("ready", async (message) => {
  const { id, ...task } = message as StateTask;
  let reply: StateReply;
  try {
    reply = { id, ok: true, result: await perform(task) };
  } catch (error) {
    const code = error instanceof PluginError ? { code: error.code } : {};
    reply = { id, ok: false, ...code, message: (error as Error).message };
  }
  return { message: reply, transfer: [] };
});

async function perform({ method, argument, cancelled }: Omit<StateTask, "id">): Promise<unknown> {
  if (method === "open") return void (database = await open(argument as string));
  if (method === "close") return database?.close();
  const flag = new Int32Array(cancelled);
  return database![method](argument as never, () => Atomics.load(flag, 0) !== 0);
}

async function open(path: string): Promise<StateDatabase> {
  try {
    return new StateDatabase(await loadSqlite(), path);
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const why = missing(cause) ?? (cause as Error).message;
    throw new PluginError("config.invalid", `Cannot open the state in "${path}": ${why}`);
  }
}

/** What is to be given or installed, where that is what is wrong. */
function missing(cause: unknown): string | undefined {
  const permission = missingPermission(cause);
  if (permission !== undefined) {
    return `the runtime does not permit it; run it with "${permission}"`;
  }
  const { code, message } = cause as { code?: string; message: string };
  const isPackage = code === "ERR_MODULE_NOT_FOUND" && message.includes("sqlite");
  return isPackage
    ? 'this Node has no SQLite; install it by "npm install @photostructure/sqlite@1", or use Node 22.13'
    : undefined;
}
