import { AsyncLocalStorage } from "node:async_hooks";

/** A value that follows what an action starts, across every `await`, and nobody else. */
export interface AsyncContext<T> {
  run<R>(value: T, action: () => R): R;
  /** What the innermost `run` around the caller was given. */
  get(): T | undefined;
}

/** Makes one, empty. */
export function createAsyncContext<T>(): AsyncContext<T> {
  const storage = new AsyncLocalStorage<T>();
  return {
    run: (value, action) => storage.run(value, action),
    get: () => storage.getStore(),
  };
}
