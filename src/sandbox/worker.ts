import { runWithin, TimeLimitError } from "../platform/time-limit.ts";
import { serveMessages, silenceWarnings } from "../platform/worker.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { MEMORY_EXPORT } from "./deferred-start.ts";
import { CallState, EXTISM_ENV } from "./kernel.ts";
import { type CallTask, READY, type SchemaTask, type Task, type TaskResult } from "./protocol.ts";

// Extism imports node:wasi, which warns on stderr; we use none of it.
silenceWarnings();
const { default: createPlugin } = await import("@extism/extism");

/** Modules that this thread has seen; compiled once by the owner, shared by all threads. */
const modules = new Map<number, WebAssembly.Module>();

serveMessages(READY, async (incoming) => {
  const task = incoming as Task;
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  try {
    if (task.task === "schema") {
      const faults = await runSchema(task);
      return {
        message: { ok: true, elapsedMs: elapsed(), faults } satisfies TaskResult,
        transfer: [],
      };
    }
    const output = await runCall(task);
    return {
      message: { ok: true, elapsedMs: elapsed(), output } satisfies TaskResult,
      transfer: [output.buffer as ArrayBuffer],
    };
  } catch (error) {
    const { code, message } = asPluginError(error);
    return {
      message: { ok: false, elapsedMs: elapsed(), code, message } satisfies TaskResult,
      transfer: [],
    };
  }
});

async function runSchema(task: SchemaTask) {
  const { checkSchema } = await import("./schema-task.ts");
  return runWithin(task.timeoutMs, () => checkSchema(task.schema, task.value));
}

function asPluginError(error: unknown): PluginError {
  if (error instanceof PluginError) return error;
  if (error instanceof TimeLimitError) {
    return new PluginError("sandbox.timeout", error.message, { cause: error });
  }
  return new PluginError("internal.error", String(error), { cause: error });
}

/** One call on an instance of its own; nothing of it is left for the next one. */
async function runCall(task: CallTask): Promise<Uint8Array> {
  if (task.module !== undefined) modules.set(task.moduleId, task.module);
  const module = modules.get(task.moduleId)!;
  const state = new CallState(new Uint8Array(task.input), task.limits);
  let instance: WebAssembly.Instance | undefined;
  let where = "while it started";
  try {
    const plugin = await createPlugin({ wasm: [{ module }] }, {
      useWasi: false,
      functions: { [EXTISM_ENV]: state.functions() },
      config: {},
      allowedHosts: [],
      logLevel: "silent",
    });
    instance = await plugin.getInstance();
    const { exports } = instance;
    // Called directly: the SDK's `call` does not tell what the guest returned.
    const call = (name: string) => (exports[name] as () => unknown)();
    const status = runWithin(task.limits.timeoutMs, () => {
      task.startCalls.forEach(call);
      where = `in "${task.entry}"`;
      return call(task.entry);
    });
    return answer(task, state, status);
  } catch (error) {
    throw state.fault ?? asGuestFault(error, task, where, instance);
  }
}

function answer(task: CallTask, state: CallState, status: unknown): Uint8Array {
  if (state.fault !== undefined) throw state.fault;
  if (status !== 0 || state.error !== undefined) {
    const message = state.error === undefined
      ? `it returned ${status}, wanted 0`
      : new TextDecoder().decode(state.error.subarray(0, 10_000));
    throw new PluginError(
      "sandbox.guest-error",
      `The plugin failed in "${task.entry}": ${message}`,
    );
  }
  return state.output ?? new Uint8Array(0);
}

/** What the engine threw, in our own words and codes. */
function asGuestFault(
  error: unknown,
  task: CallTask,
  where: string,
  instance: WebAssembly.Instance | undefined,
): PluginError | TimeLimitError {
  if (error instanceof PluginError || error instanceof TimeLimitError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const fault = (code: ErrorCode, what: string) =>
    new PluginError(code, `The plugin was stopped ${where}: ${what}`, { cause: error });
  if (error instanceof RangeError && /call stack/i.test(text)) {
    return fault("sandbox.depth", "its calls nest too deep");
  }
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
    if (/unreachable/.test(text) && hasFullMemory(instance, task.limits.memoryPages)) {
      return fault(
        "sandbox.memory",
        `it used all of its ${task.limits.memoryPages} pages (${text})`,
      );
    }
    return fault("sandbox.trap", text);
  }
  if (error instanceof WebAssembly.LinkError) return fault("sandbox.import-unknown", text);
  return fault("sandbox.trap", text);
}

/** A guest that gives up, with every allowed page in use, ran out of memory. */
function hasFullMemory(instance: WebAssembly.Instance | undefined, pages: number): boolean {
  const memory = instance?.exports[MEMORY_EXPORT];
  return memory instanceof WebAssembly.Memory && memory.buffer.byteLength >= pages * 65_536;
}
