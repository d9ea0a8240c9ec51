import type { HostFunction } from "../capability/host-function.ts";
import { isUtcTime } from "../date.ts";
import { parallelism } from "../platform/worker.ts";
import { PluginError } from "../plugin-error.ts";
import { isEntryPoint, type ModuleOutline } from "../wasm/outline.ts";
import type { CallOptions } from "./call.ts";
import { LOG } from "./call-state.ts";
import { isHarmless } from "./harmless-schema.ts";
import { checkImports } from "./import.ts";
import { inlineCaller } from "./inline-caller.ts";
import { type ModuleSource, prepareModule } from "./prepare-module.ts";
import type { CallLimits, CallResult, SchemaFault } from "./protocol.ts";
import { workerCaller } from "./worker-caller.ts";
import { WorkerPool } from "./worker-pool.ts";

export type { CallOptions, CallResult };

/** What bounds a call; see `LIMITS` for the defaults. */
export interface SandboxLimits extends CallLimits {
  readonly inputBytes: number;
}

/**
 * Where calls run. `inline`: in the caller's thread, bounded by fuel; what a guest may call has to be
 * answered at once. `worker`: in a thread of its own, which can be ended at a deadline. The same guest
 * gives the same bytes in both.
 */
export type Mode = "inline" | "worker";

/** A module to be loaded. */
export interface SandboxSource extends ModuleSource {
  readonly limits: SandboxLimits;
  readonly mode: Mode;
  /** Whether calls run one after the other. */
  readonly serial: boolean;
  /** Functions of capabilities, besides what every guest may call; only in a worker. */
  readonly functions: readonly HostFunction[];
}

/** A module that was checked, bounded and compiled. */
export interface SandboxModule {
  /**
   * Calls the export `entry`, which finds the state of a new instance.
   *
   * @param input Copied; at most `limits.inputBytes`.
   * @returns What the guest set as its output (empty where it set none), and the fuel it used.
   * @throws {PluginError} `contract.export-missing`, `contract.input-too-large`,
   * `contract.output-too-large`, `sandbox.*`, `capability.*`, `call.aborted`; `details.fuel` tells
   * what was used, where it is known
   */
  call(entry: string, input: Uint8Array, options?: CallOptions): Promise<CallResult>;
  /** True when `entry` is an export that can be called: `() -> i32`. */
  has(entry: string): boolean;
  /** Ends its calls and frees what it alone holds; later calls are rejected with `sandbox.closed`. */
  close(): Promise<void>;
}

/** The lane of settings schemas; those of modules are their numbers, from 0. */
const SCHEMA_LANE = -1;

/** Runs guests. Grants nothing but what it is handed. */
export class Sandbox {
  readonly #pool: WorkerPool;
  #closed = false;

  /** @param workers At most this many threads. */
  constructor(workers: number = Math.min(parallelism(), 8)) {
    this.#pool = new WorkerPool(workers);
  }

  /**
   * Checks a module, rewrites it so that it is bounded, and compiles it.
   *
   * @throws {PluginError} `sandbox.import-unknown`, `sandbox.memory`, `sandbox.module-invalid`
   */
  async load(source: SandboxSource): Promise<SandboxModule> {
    const { name, outline, limits, functions } = source;
    checkImports(name, outline.imports, new Set([LOG, ...functions.map((f) => f.name)]));
    const prepared = await prepareModule(source, limits.memoryPages);
    const caller = source.mode === "inline"
      ? inlineCaller(name, prepared, limits, () => this.#closed)
      : workerCaller(this.#pool, prepared, source);
    const entries = new Set(outline.exports.filter(isEntryPoint).map((e) => e.name));
    return {
      has: (entry) => entries.has(entry),
      call: async (entry, input, options = {}) => {
        if (!entries.has(entry)) throw missing(name, entry, outline);
        if (input.length > limits.inputBytes) {
          throw new PluginError(
            "contract.input-too-large",
            `Cannot call "${entry}" of ${name}: its input has ${input.length} bytes, at most ${limits.inputBytes} are allowed`,
          );
        }
        if (options.now !== undefined && !isUtcTime(options.now)) {
          throw new PluginError(
            "usage.invalid",
            `Cannot call "${entry}" of ${name} at "${options.now}": wanted 2026-01-31T12:00:00Z`,
          );
        }
        return await caller.call({ entry, input, options });
      },
      close: () => caller.close(),
    };
  }

  /**
   * Checks `value` against a JSON Schema that somebody else wrote, bounded like a guest's call.
   *
   * @returns The places that do not match; empty when it does.
   * @throws {PluginError} `sandbox.timeout`, `sandbox.memory`, `internal.error`
   */
  async checkSchema(
    label: string,
    schema: unknown,
    value: unknown,
    timeoutMs: number,
  ): Promise<readonly SchemaFault[]> {
    if (isHarmless(schema, value)) {
      const { checkSchema } = await import("./schema-task.ts");
      try {
        return checkSchema(schema, value);
      } catch (error) {
        throw PluginError.from(error);
      }
    }
    const result = await this.#pool.run(() => ({
      task: { task: "schema", schema, value, timeoutMs },
      transfer: [],
    }), { label, lane: SCHEMA_LANE, timeoutMs });
    return (result as { faults: readonly SchemaFault[] }).faults;
  }

  /** Ends all threads; what runs or is called later is rejected with `sandbox.closed`. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#pool.close();
  }
}

function missing(name: string, entry: string, outline: ModuleOutline): PluginError {
  const found = outline.exports.some((e) => e.name === entry);
  return new PluginError(
    "contract.export-missing",
    `Cannot call "${entry}" of ${name}: ${
      found ? "it is not a function () -> i32" : "the module does not export it"
    }`,
  );
}
