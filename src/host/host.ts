import { PluginError } from "../plugin-error.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import type { LoadOptions, Plugin } from "./plugin.ts";

/** How a host is made. */
export interface HostOptions {
  /** At most this many threads for guests; the default is one for each core, at most 8. */
  readonly workers?: number;
}

/** Loads plugins and keeps what they share. */
export interface Host {
  /**
   * Opens, checks and compiles a plugin; grants it nothing.
   *
   * @param source A path to a bundle or to a plain module with `plugin.json` beside it; or a
   * bundle's bytes.
   * @throws {PluginError} `bundle.*`, `input.*`, `sandbox.*`, `contract.export-missing`,
   * `contract.settings-invalid`
   */
  load(source: string | Uint8Array, options?: LoadOptions): Promise<Plugin>;
  /** Ends all plugins; what runs is rejected with `sandbox.closed`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A host that grants nothing. Close it when done: its threads belong to it. */
export function createHost(options: HostOptions = {}): Promise<Host> {
  if (
    options.workers !== undefined && !(Number.isInteger(options.workers) && options.workers > 0)
  ) {
    const given = String(options.workers);
    return Promise.reject(
      new PluginError(
        "usage.invalid",
        `Cannot make a host with ${given} workers: wanted 1 or more`,
      ),
    );
  }
  const sandbox = new Sandbox(options.workers);
  // A thread takes some 40 ms to start; most callers read files meanwhile.
  sandbox.warm();
  const close = () => sandbox.close();
  return Promise.resolve({
    load: async (source, loadOptions = {}) => {
      try {
        // Loaded beside the thread that has just been started, which takes longer.
        const [{ openPluginFile }, { loadPlugin }] = await Promise.all([
          import("./open-plugin-file.ts"),
          import("./plugin.ts"),
        ]);
        const bundle = await openPluginFile(source, loadOptions.digest);
        return await loadPlugin(sandbox, bundle, loadOptions);
      } catch (error) {
        throw PluginError.from(error);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}
