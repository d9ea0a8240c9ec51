import process from "node:process";

/**
 * Runs `action` while this process cannot warn of experimental modules: for a library that imports one
 * and does not use it. All other warnings come through. Not to be used within itself.
 */
export async function withoutExperimentalWarnings<T>(action: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  // Its type is the second argument, or a field of it.
  const filtered = (...args: unknown[]) => {
    const type = (args[1] as { type?: string } | undefined)?.type ?? args[1];
    if (type !== "ExperimentalWarning") Reflect.apply(emitWarning, process, args);
  };
  process.emitWarning = filtered as typeof emitWarning;
  try {
    return await action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
