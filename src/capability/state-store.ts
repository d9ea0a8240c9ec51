import { startWorker, type WorkerHandle } from "../platform/worker.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import type { Changed, KeyPage, KeyQuery, StateChange, StateUsage } from "./state-database.ts";
import type { StateMethod, StateReply, StateTask } from "./state-thread.ts";

/** What the functions of `state` stand on. */
export type KeyValueStore = Pick<StateStore, "get" | "list" | "change">;

/** A task on its way to the thread. */
interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The store of one instance, on disk, which other processes may have open as well. It lives in a thread
 * of its own: the disk and other processes' locks are waited for there, and hold up nobody else. What
 * its callers no longer wait for is not begun.
 */
export class StateStore {
  readonly #thread: WorkerHandle;
  readonly #waiting: Map<number, Waiting> = new Map();
  #nextId = 0;
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
   * @throws {PluginError} `config.invalid`
   */
  static async open(path: string): Promise<StateStore> {
    const store = new StateStore();
    try {
      await store.#ask("open", path, undefined);
      return store;
    } catch (error) {
      await store.#thread.terminate();
      throw error;
    }
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

  /** What was asked before is still done. */
  async close(): Promise<void> {
    await this.#ask("close", null, undefined).catch(() => {});
    await this.#thread.terminate();
  }

  async #ask<T>(
    method: StateMethod | "open" | "close",
    argument: unknown,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (this.#gone !== undefined) throw this.#gone;
    const cancelled = new SharedArrayBuffer(4);
    const cancel = () => void Atomics.store(new Int32Array(cancelled), 0, 1);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const id = this.#nextId++;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
        this.#thread.setRef(true);
        this.#thread.post({ id, method, argument, cancelled } satisfies StateTask);
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#thread.setRef(false);
    }
  }

  #receive(reply: StateReply | "ready"): void {
    if (reply === "ready") return;
    const waiting = this.#waiting.get(reply.id);
    if (reply.ok) waiting?.resolve(reply.result);
    else waiting?.reject(errorOf(reply));
  }

  #end(cause: unknown): void {
    this.#gone = new Error("The thread of a store has ended", { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
  }
}

function errorOf({ code, message }: { code?: ErrorCode; message: string }): Error {
  return code === undefined ? new Error(message) : new PluginError(code, message);
}
