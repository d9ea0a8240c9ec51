import { startWorker, type WorkerHandle } from "../platform/worker.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import type { Changed, KeyPage, KeyQuery, StateChange, StateUsage } from "./state-database.ts";
import type { StateMethod, StateOpening, StateReply, StateTask } from "./state-thread.ts";

/** What the functions of `state` stand on. */
export type KeyValueStore = Pick<StateStore, "get" | "list" | "change">;

/** A task on its way to the thread. */
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How long what was asked before may take at the end. */
const CLOSING_MS = 1_000;

/**
 * The store of one instance, on disk, which other processes may have open as well. It lives in a thread
 * of its own: the disk and other processes' locks are waited for there, and hold up nobody else. What
 * its callers no longer wait for is not begun.
 */
export class StateStore {
  readonly #thread: WorkerHandle;
  readonly #waiting: Map<number, Waiting> = new Map();
  /** Raised when what still waits is given up. */
  readonly #ending = new SharedArrayBuffer(4);
  #nextId = 0;
  #ended = false;
  #gone: Error | undefined;

  private constructor() {
    this.#thread = startWorker(import.meta.url, "state-thread", {
      onMessage: (message) => this.#receive(message as StateReply | "ready"),
      onQuestion: () => {},
      onExit: (cause) => this.#end(cause),
    });
    this.#thread.setRef(false);
  }

  /**
   * @param path The file; made where it is not there.
   * @throws {PluginError} `config.invalid`, `output.unwritable`; `capability.timeout` where another
   *   process held the lock all the time
   */
  static async open(path: string): Promise<StateStore> {
    const store = new StateStore();
    try {
      const opening: StateOpening = { path, ending: store.#ending };
      await store.#ask("open", opening, undefined);
      return store;
    } catch (error) {
      await store.#thread.terminate();
      throw error;
    }
  }

  /** Whether it cannot be used any more: its thread has ended, or its file was taken away. */
  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** What the key holds, null for nothing. */
  get(key: string, signal?: AbortSignal): Promise<string | null> {
    return this.#ask("get", key, signal);
  }

  list(query: KeyQuery, signal?: AbortSignal): Promise<KeyPage> {
    return this.#ask("list", query, signal);
  }

  usage(signal?: AbortSignal): Promise<StateUsage> {
    return this.#ask("usage", null, signal);
  }

  /**
   * Resolves when the change is on the disk.
   *
   * @throws {PluginError} `capability.limit`; nothing is written then
   */
  change(change: StateChange, signal?: AbortSignal): Promise<Changed> {
    return this.#ask("change", change, signal);
  }

  /** What was asked before is still done, but for a second at most. */
  async close(): Promise<void> {
    const giveUp = setTimeout(() => raise(this.#ending), CLOSING_MS);
    try {
      await this.#send("close", null, undefined);
    } catch {
      // It is closed with its thread then.
    } finally {
      clearTimeout(giveUp);
      await this.#thread.terminate();
    }
  }

  async #ask<T>(
    method: StateMethod | "open",
    argument: unknown,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (this.#gone !== undefined) throw this.#gone;
    if (signal === undefined) return await this.#send(method, argument, undefined);
    const cancelled = new SharedArrayBuffer(4);
    const cancel = () => raise(cancelled);
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await this.#send(method, argument, cancelled);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  async #send<T>(
    method: StateTask["method"],
    argument: unknown,
    cancelled: SharedArrayBuffer | undefined,
  ): Promise<T> {
    if (this.#ended) throw this.#gone!;
    const id = this.#nextId++;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
        this.#thread.setRef(true);
        this.#thread.post({ id, method, argument, cancelled } satisfies StateTask);
      });
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#thread.setRef(false);
    }
  }

  #receive(reply: StateReply | "ready"): void {
    if (reply === "ready") return;
    const waiting = this.#waiting.get(reply.id);
    if (reply.ok) waiting?.resolve(reply.result);
    else waiting?.reject(errorOf(reply));
    if (!reply.ok && reply.lost) {
      this.#gone ??= new Error(`The file of a store is gone: ${reply.message}`);
    }
  }

  #end(cause: unknown): void {
    this.#ended = true;
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#gone = new Error(`The thread of a store has ended${why}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
  }
}

function raise(flag: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(flag), 0, 1);
}

function errorOf({ code, message }: { code?: ErrorCode; message: string }): Error {
  return code === undefined ? new Error(message) : new PluginError(code, message);
}
