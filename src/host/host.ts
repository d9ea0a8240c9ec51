import { PluginError } from "../plugin-error.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import { settleAll } from "../settle-all.ts";
import type { LineSink } from "./audit.ts";
import type { OpenCapability } from "./grants.ts";
import type { LoadOptions, Plugin } from "./plugin.ts";
import type { HostServices, PluginLogLine } from "./prepare.ts";

/** How a host is made. */
export interface HostOptions {
  /** At most this many threads for guests; the default is one for each core, at most 8. */
  readonly workers?: number;
  /** Gets a line of JSON for each capability call; see `AuditLine`. */
  readonly audit?: LineSink | undefined;
  /** Gets a line of JSON for each whole call, which `cofferdam replay` takes; see `RecordedCall`. */
  readonly record?: LineSink | undefined;
  /**
   * JSON Pointers. What they lead to in a request, an answer, an input or an output is `"[redacted]"`
   * in both; what was recorded so cannot be replayed.
   */
  readonly redact?: readonly string[] | undefined;
  /** Hears what plugins log. */
  readonly onLog?: ((line: PluginLogLine) => void) | undefined;
  /** Hears what the operator should know and what is no error: a grant that nobody asked for. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Loads plugins and keeps what they share. */
export interface Host {
  /**
   * Opens, checks and compiles a plugin; grants it nothing but what `options.grants` says.
   *
   * @param source A path to a bundle or to a plain module with `plugin.json` beside it; or a
   * bundle's bytes.
   * @throws {PluginError} `bundle.*`, `input.*`, `sandbox.*` (`sandbox.closed` after `close()`, also
   * where that came in between), `capability.denied`,
   * `capability.reentrant`, `contract.export-missing`, `contract.settings-invalid`
   */
  load(source: string | Uint8Array, options?: LoadOptions): Promise<Plugin>;
  /** Ends all plugins; what runs is rejected with `sandbox.closed`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A host that grants nothing. Close it when done: its threads belong to it. */
export function createHost(options: HostOptions = {}): Promise<Host> {
  return createHostWith(options, undefined);
}

/** A host whose capabilities are opened by `open` instead: what tests answer a plugin with. */
export function createHostWith(
  options: HostOptions,
  open: OpenCapability | undefined,
): Promise<Host> {
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
  // Made with the first plugin, with what is loaded for it.
  let services: Promise<HostServices> | undefined;
  const plugins = new Set<Plugin>();
  const loading = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const end = async () => {
    try {
      await sandbox.close();
    } finally {
      await Promise.allSettled(loading);
      await settleAll([...plugins].map((plugin) => plugin.close()));
    }
  };
  const close = () => closing ??= end();
  const load = async (source: string | Uint8Array, loadOptions: LoadOptions): Promise<Plugin> => {
    if (closing !== undefined) throw closedHost();
    // Loaded beside the thread that has just been started, which takes longer.
    const [{ openPluginFile }, { loadPlugin }, shared] = await Promise.all([
      import("./open-plugin-file.ts"),
      import("./plugin.ts"),
      services ??= createServices(options, open),
    ]);
    shared.guard.check("load()");
    const bundle = await openPluginFile(source, loadOptions.digest);
    const plugin = await loadPlugin(sandbox, bundle, loadOptions, shared, () => {
      plugins.delete(plugin);
    });
    plugins.add(plugin);
    // What it was granted is open, and close() waits for us to end it.
    if (closing !== undefined) throw closedHost();
    return plugin;
  };
  return Promise.resolve({
    load: async (source, loadOptions = {}) => {
      const loaded = load(source, loadOptions);
      loading.add(loaded);
      try {
        return await loaded;
      } catch (error) {
        throw PluginError.from(error);
      } finally {
        loading.delete(loaded);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

function closedHost(): PluginError {
  return new PluginError("sandbox.closed", "Cannot load a plugin: the host is closed");
}

async function createServices(
  options: HostOptions,
  open: OpenCapability | undefined,
): Promise<HostServices> {
  const [{ createReentryGuard }, { openCapability }] = await Promise.all([
    import("./reentry.ts"),
    import("../capability/table.ts"),
  ]);
  return {
    open: open ?? openCapability,
    log: options.onLog,
    guard: createReentryGuard(),
    warn: (message) => options.onWarning?.(message),
    ...await createWriters(options),
  };
}

async function createWriters(
  { audit, record, redact }: HostOptions,
): Promise<Pick<HostServices, "audit" | "recorder">> {
  if (audit === undefined && record === undefined) return {};
  const [{ createAudit }, { createRecorder }, { createRedaction }] = await Promise.all([
    import("./audit.ts"),
    import("./record.ts"),
    import("./redact.ts"),
  ]);
  const redaction = createRedaction(redact);
  return {
    audit: audit && createAudit(audit, redaction),
    recorder: record && createRecorder(record, redaction),
  };
}
