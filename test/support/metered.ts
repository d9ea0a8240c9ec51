import wabtInit from "wabt";
import { LIMITS } from "../../src/limits.ts";
import { controlsOf } from "../../src/sandbox/controls.ts";
import { meter, type MeteredModule, type MeterOptions } from "../../src/sandbox/metering/meter.ts";
import { readOutline } from "../../src/wasm/outline.ts";

const wabt = await wabtInit();

/** Every proposal that wabt can write, so that a test can show what is refused. */
const FEATURES = {
  exceptions: true,
  threads: true,
  tail_call: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
  gc: true,
  function_references: true,
};

/** Assembles text without looking whether it is valid. */
export function assembleAny(text: string): Uint8Array {
  const module = wabt.parseWat("guest.wat", text, FEATURES);
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** What a call spent, and how it ended. */
export interface Spent {
  /** Undefined where it trapped. */
  readonly value?: unknown;
  readonly trap?: Error;
  readonly fuel: bigint;
  /** What was left of the stack when it returned. */
  readonly stack: number;
  readonly fault: number;
}

/** How to meter and run a guest of a test. */
export interface MeteredOptions extends Partial<MeterOptions> {
  readonly imports?: WebAssembly.Imports;
}

/** A guest that was metered and runs. */
export interface MeteredGuest {
  readonly module: MeteredModule;
  readonly exports: WebAssembly.Exports;
  /** Calls an export with counters of its own. */
  spend(name: string, args?: readonly unknown[], limits?: { fuel?: bigint; stack?: number }): Spent;
}

/** Meters a module, in text or bytes, and makes an instance. */
export function meterGuest(
  source: string | Uint8Array,
  options: MeteredOptions = {},
): MeteredGuest {
  const bytes = typeof source === "string" ? assembleAny(source) : source;
  const { imports = {}, ...rest } = options;
  const module = meter("guest", bytes, readOutline(bytes), { memoryPages: 16, ...rest });
  const compiled = new WebAssembly.Module(module.bytes as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(compiled, imports);
  const controls = controlsOf(exports);
  return {
    module,
    exports,
    spend: (name, args = [], { fuel = 1_000_000_000n, stack = LIMITS.stackBytes } = {}) => {
      controls.fuel.value = fuel;
      controls.stack.value = stack;
      const run = () => {
        try {
          return { value: (exports[name] as (...args: unknown[]) => unknown)(...args) };
        } catch (trap) {
          return { trap: trap as Error };
        }
      };
      return {
        ...run(),
        fuel: fuel - controls.fuel.value,
        stack: controls.stack.value,
        fault: controls.fault.value,
      };
    },
  };
}
