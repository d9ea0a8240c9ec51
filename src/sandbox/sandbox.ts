import { parallelism } from "../platform/worker.ts";
import { PluginError } from "../plugin-error.ts";
import { isEntryPoint, type ModuleOutline } from "../wasm/outline.ts";
import { SECTION } from "../wasm/section.ts";
import { replaceSections } from "../wasm/writer.ts";
import { isOffered } from "./kernel.ts";
import { deferStart } from "./deferred-start.ts";
import { cappedMemories, cappedTables } from "./size-caps.ts";
import type { CallLimits, SchemaFault } from "./protocol.ts";
import { type Parcel, type PooledWorker, WorkerPool } from "./worker-pool.ts";

/** What bounds a call; see `LIMITS` for the defaults. */
export interface SandboxLimits extends CallLimits {
  readonly inputBytes: number;
}

/** How a call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A module that was checked, bounded and compiled. */
export interface SandboxModule {
  /**
   * Calls the export `entry` on an instance of its own.
   *
   * @param input Copied; at most `limits.inputBytes`.
   * @returns What the guest set as its output; empty where it set none.
   * @throws {PluginError} `contract.export-missing`, `contract.input-too-large`,
   * `contract.output-too-large`, `sandbox.*`, `capability.denied`, `call.aborted`
   */
  call(entry: string, input: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /** True when `entry` is an export that can be called: `() -> i32`. */
  has(entry: string): boolean;
}

/** The lane of settings schemas; those of modules are their numbers, from 0. */
const SCHEMA_LANE = -1;

let nextModuleId = 0;

/** Runs guests in threads of its own. Grants nothing. */
export class Sandbox {
  readonly #pool: WorkerPool;

  /** @param workers At most this many threads. */
  constructor(workers: number = Math.min(parallelism(), 8)) {
    this.#pool = new WorkerPool(workers);
  }

  /** Starts a thread ahead of the first call. */
  warm(): void {
    this.#pool.warm();
  }

  /**
   * Checks a module's imports, bounds its memory and compiles it.
   *
   * @param name For messages.
   * @throws {PluginError} `sandbox.import-unknown`, `sandbox.memory`, `sandbox.module-invalid`
   */
  async load(
    name: string,
    bytes: Uint8Array,
    outline: ModuleOutline,
    limits: SandboxLimits,
  ): Promise<SandboxModule> {
    checkImports(name, outline);
    const { exportSection, calls: startCalls } = deferStart(outline);
    const rewritten = replaceSections(
      bytes,
      outline.sections,
      new Map<number, Uint8Array | null>([
        [SECTION.table, cappedTables(outline.tables)],
        [SECTION.memory, cappedMemories(outline.memories, limits.memoryPages)],
        [SECTION.export, exportSection],
        [SECTION.start, null],
      ]),
    );
    const module = await compile(name, rewritten);
    const moduleId = nextModuleId++;
    const entries = new Set(outline.exports.filter(isEntryPoint).map((e) => e.name));
    return {
      has: (entry) => entries.has(entry),
      call: async (entry, input, { signal } = {}) => {
        if (!entries.has(entry)) throw missing(name, entry, outline);
        if (input.length > limits.inputBytes) {
          throw new PluginError(
            "contract.input-too-large",
            `Cannot call "${entry}" of ${name}: its input has ${input.length} bytes, at most ${limits.inputBytes} are allowed`,
          );
        }
        const pack = (worker: PooledWorker): Parcel => {
          const known = worker.modules.has(moduleId);
          worker.modules.add(moduleId);
          const copy = input.slice().buffer;
          const task = { task: "call", entry, input: copy, limits, startCalls, moduleId } as const;
          return { task: known ? task : { ...task, module }, transfer: [copy] };
        };
        const label = `"${entry}" of ${name}`;
        const result = await this.#pool.run(pack, {
          label,
          lane: moduleId,
          timeoutMs: limits.timeoutMs,
          signal,
        });
        return (result as { output: Uint8Array }).output;
      },
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
    const result = await this.#pool.run(() => ({
      task: { task: "schema", schema, value, timeoutMs },
      transfer: [],
    }), {
      label,
      lane: SCHEMA_LANE,
      timeoutMs,
    });
    return (result as { faults: readonly SchemaFault[] }).faults;
  }

  /** Ends all threads; what runs is rejected with `sandbox.closed`. */
  close(): Promise<void> {
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

function checkImports(name: string, outline: ModuleOutline): void {
  const unknown = outline.imports.filter((item) => !isOffered(item));
  if (unknown.length === 0) return;
  const shown = unknown.slice(0, 5).map((i) => `${i.kind} "${i.module}" "${i.name}"`).join(", ");
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : "";
  throw new PluginError(
    "sandbox.import-unknown",
    `Cannot load ${name}: nobody offers what it imports: ${shown}${more}`,
    { details: { imports: unknown.slice(0, 100).map((i) => `${i.module}.${i.name}`) } },
  );
}

async function compile(name: string, bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError("sandbox.module-invalid", `Cannot load ${name}: ${why}`, { cause });
  }
}
