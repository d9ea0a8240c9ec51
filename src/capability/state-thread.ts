import { missingPermission } from "../platform/permission.ts";
import { isReadOnly, loadSqlite } from "../platform/sqlite.ts";
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
  /** Raised when nobody waits for the answer any more. */
  readonly cancelled?: Flag | undefined;
}

/** What `open` is asked. */
export interface StateOpening {
  readonly path: string;
  /** Raised when no other process's lock is waited for any more. */
  readonly ending: Flag;
}

/** Raised once its first word is no longer 0. */
export type Flag = SharedArrayBuffer;

/** What became of the task of that id. */
export type StateReply =
  & { readonly id: number }
  & (
    | { readonly ok: true; readonly result: unknown }
    /** Without a code it is none of a guest's business. */
    | {
      readonly ok: false;
      readonly code?: ErrorCode;
      readonly message: string;
      /** Set where the file was moved or closed to writers, and with it the store is of no use. */
      readonly lost?: boolean;
    }
  );

let database: StateDatabase | undefined;
let ending: Flag | undefined;

serveMessages("ready", async (message) => {
  const { id, ...task } = message as StateTask;
  let reply: StateReply;
  try {
    reply = { id, ok: true, result: await perform(task) };
  } catch (error) {
    const code = error instanceof PluginError ? { code: error.code } : {};
    const { message } = error as Error;
    reply = { id, ok: false, ...code, message, lost: isReadOnly(error) };
  }
  return { message: reply, transfer: [] };
});

async function perform({ method, argument, cancelled }: Omit<StateTask, "id">): Promise<unknown> {
  if (method === "open") return void (database = await open(argument as StateOpening));
  if (method === "close") return database?.close();
  return database![method](argument as never, () => isRaised(cancelled) || isRaised(ending));
}

function isRaised(flag: Flag | undefined): boolean {
  return flag !== undefined && Atomics.load(new Int32Array(flag), 0) !== 0;
}

async function open(opening: StateOpening): Promise<StateDatabase> {
  const { path } = opening;
  ending = opening.ending;
  try {
    return new StateDatabase(await loadSqlite(), path);
  } catch (cause) {
    if (cause instanceof PluginError) throw cause;
    const permission = missingPermission(cause);
    const why = permission === undefined
      ? (cause as Error).message
      : `the runtime does not permit it; run it with "${permission}"`;
    throw new PluginError("config.invalid", `Cannot open the state in "${path}": ${why}`);
  }
}
