import createPlugin, { type ExtismPluginOptions } from "@extism/extism";
import { LIMITS } from "../../src/limits.ts";
import { DEFAULT_LIMITS } from "../../src/sandbox/default-limits.ts";
import { EXTISM_ENV, Kernel } from "../../src/sandbox/kernel/kernel.ts";
import { type Mode, Sandbox } from "../../src/sandbox/sandbox.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { assemble, RAW_ECHO, RAW_INPUT } from "./guest.ts";

const FOREGROUND: ExtismPluginOptions = { useWasi: false, logLevel: "silent" };

// Deno refuses the flag that the SDK hands to its worker; on Node the worker's own stderr would get
// the warning that this flag silences, so it goes to a stream that nobody reads.
const WORKER: ExtismPluginOptions = {
  ...FOREGROUND,
  runInWorker: true,
  nodeWorkerArgs: { execArgv: [], stderr: true },
};

/** One way to call a guest. */
export interface System {
  readonly name: string;
  call(entry: string, input: Uint8Array): Uint8Array | Promise<Uint8Array>;
  endRound?(): Promise<unknown>;
  close(): Promise<void>;
}

const NOTHING = new Uint8Array(0);

/** Cofferdam: every call finds the state of a new instance. */
export async function cofferdam(
  bytes: Uint8Array,
  mode: Mode,
  how = "an instance that is reset",
): Promise<System> {
  const sandbox = new Sandbox(1);
  const module = await sandbox.load({
    name: "bench",
    digest: how,
    bytes,
    outline: readOutline(bytes),
    limits: DEFAULT_LIMITS,
    mode,
    serial: false,
    functions: [],
  });
  return {
    name: `cofferdam ${mode}, ${how}`,
    call: async (entry, input) => (await module.call(entry, input)).output,
    close: () => sandbox.close(),
  };
}

/** Cofferdam's kernel and nothing else of it: no fuel, no depth, nothing reset. */
export function unmetered(bytes: Uint8Array<ArrayBuffer>): System {
  const refuse = () => {
    throw new Error("not part of this guest");
  };
  const kernel = new Kernel({ varGet: refuse, varSet: refuse, log: refuse, refuseHttp: refuse });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    [EXTISM_ENV]: kernel.functions,
  });
  return {
    name: "cofferdam's kernel, no fuel, reused instance",
    call: (entry, input) => {
      kernel.begin(input, LIMITS.blockBytes);
      (exports[entry] as () => number)();
      return kernel.output?.slice() ?? NOTHING;
    },
    close: () => Promise.resolve(),
  };
}

/** The SDK on the calling thread; calls share one instance. */
export async function extismReused(module: WebAssembly.Module): Promise<System> {
  const plugin = await createPlugin({ wasm: [{ module }] }, FOREGROUND);
  return {
    name: "extism foreground, reused instance",
    call: async (entry, input) => (await plugin.call(entry, input))?.bytes() ?? NOTHING,
    close: () => plugin.close(),
  };
}

/** The SDK on the calling thread, isolated like Cofferdam: an instance for each call. */
export function extismFresh(module: WebAssembly.Module): System {
  return {
    name: "extism foreground, fresh instance",
    call: async (entry, input) => {
      const plugin = await createPlugin({ wasm: [{ module }] }, FOREGROUND);
      const output = await plugin.call(entry, input);
      await plugin.close();
      return output?.bytes() ?? NOTHING;
    },
    close: () => Promise.resolve(),
  };
}

/** The SDK, isolated like Cofferdam and stoppable like it: an instance and a thread for each call. */
export function extismFreshWorker(module: WebAssembly.Module): System {
  return {
    name: "extism worker, fresh instance and thread",
    call: async (entry, input) => {
      const plugin = await createPlugin({ wasm: [{ module }] }, WORKER);
      const output = await plugin.call(entry, input);
      await plugin.close();
      return output?.bytes() ?? NOTHING;
    },
    close: () => Promise.resolve(),
  };
}

/**
 * The SDK's worker mode: a thread and an instance that calls share. It frees a call's blocks only in
 * `reset`; without one the guest holds on to every input and output.
 */
export async function extismWorker(
  module: WebAssembly.Module,
  resetEach: boolean,
): Promise<System> {
  const plugin = await createPlugin({ wasm: [{ module }] }, WORKER);
  return {
    name: `extism worker, reused instance, ${resetEach ? "reset each call" : "no reset"}`,
    call: async (entry, input) => {
      const output = await plugin.call(entry, input);
      if (resetEach) await plugin.reset();
      return output?.bytes() ?? NOTHING;
    },
    ...(resetEach ? {} : { endRound: () => plugin.reset() }),
    close: () => plugin.close(),
  };
}

/** The floor: no protocol, no isolation, copies by hand. */
export function raw(): System {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(RAW_ECHO)));
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const echo = exports.echo as (length: number) => void;
  return {
    name: "raw Wasm export, reused instance",
    call: (_entry, input) => {
      memory.set(input, RAW_INPUT);
      echo(input.length);
      return memory.slice(0, input.length);
    },
    close: () => Promise.resolve(),
  };
}
