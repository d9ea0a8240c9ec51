import { PluginError } from "../plugin-error.ts";
import { type BulkExports, putInput, takeOutput } from "./bulk.ts";
import { type CallHooks, CallState } from "./call-state.ts";
import { type Controls, controlsOf } from "./controls.ts";
import { asGuestFault, GuestExit } from "./guest-fault.ts";
import { Kernel } from "./kernel/kernel.ts";
import { instantiate } from "./link.ts";
import { MemoryImage } from "./memory-image.ts";
import { FAULT } from "./metering/fault.ts";
import type { CallLimits, CallResult, GuestSpec } from "./protocol.ts";
import { type Wasi, wasiFunctions } from "./wasi/wasi.ts";
import { WASI_FUNCTIONS } from "./wasi/wasi-signature.ts";

/** One call of a guest. */
export interface GuestCall {
  readonly entry: string;
  readonly input: Uint8Array;
  /** RFC 3339 in UTC: the only clock; the default is the time of the call. */
  readonly now: string | undefined;
  readonly limits: CallLimits;
}

/** A guest and its kernel, linked. */
interface Instance {
  readonly kernel: Kernel;
  readonly exports: WebAssembly.Exports;
  readonly controls: Controls;
  /** Whether a call has run in it since it was made or reset. */
  used: boolean;
}

/** What the host functions of the call in progress work on. */
interface Running {
  readonly state: CallState;
  readonly wasi: Wasi | undefined;
}

/** A kernel that grew beyond this is not kept for the next call. */
const MAX_KEPT_KERNEL_BYTES = 16 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/**
 * One guest in one thread. Every call finds the state of a new instance: where the module allows it,
 * the last instance is put back to its beginning, which takes a fraction of making one; after a fault,
 * or when its memory has grown, a new one takes its place.
 */
export class Guest {
  readonly #module: WebAssembly.Module;
  readonly #spec: GuestSpec;
  #instance: Instance | undefined;
  /** The last instance's; a new one is linked to it again. */
  #kernel: Kernel | undefined;
  #pending: Promise<void> | undefined;
  #image: MemoryImage | undefined;
  #running: Running | undefined;

  constructor(module: WebAssembly.Module, spec: GuestSpec) {
    this.#module = module;
    this.#spec = spec;
  }

  /** True when `run` can be called at once. */
  get isPrepared(): boolean {
    return this.#instance !== undefined;
  }

  /**
   * Makes an instance where there is none; `run` needs one.
   *
   * @throws {PluginError} `sandbox.trap`
   */
  async prepare(): Promise<void> {
    while (this.#instance === undefined) {
      this.#pending ??= this.#instantiate().finally(() => this.#pending = undefined);
      await this.#pending;
    }
  }

  /** Gives the instance up, whatever it was doing. */
  discard(): void {
    this.#instance = this.#kernel = this.#running = undefined;
  }

  /** Gives up all that it holds. */
  free(): void {
    this.discard();
    this.#image = undefined;
  }

  /**
   * Runs a call to its end, at once.
   *
   * @throws {PluginError} `sandbox.*`, `capability.*`, `contract.output-too-large`; the fuel that was
   * used stands in `details.fuel`; of a trap within a loop, at least what was used up to the last call
   */
  run(call: GuestCall, hooks: CallHooks): CallResult {
    const instance = this.#instance!;
    if (instance.used) this.#reset(instance);
    instance.used = true;
    const { kernel, exports, controls } = instance;
    const { entry, input, limits } = call;
    const { fuel, stack, memory } = controls;
    fuel.value = BigInt(limits.fuel);
    stack.value = limits.stackBytes;
    const charge = (units: number) => {
      fuel.value -= BigInt(units);
      if (fuel.value < 0n) throw new Error("out of fuel");
    };
    const state = new CallState(kernel, hooks, charge, limits.blockBytes);
    const wasi = this.#spec.wasi ? startWasi(call, state, controls, charge) : undefined;
    this.#running = { state, wasi };
    const used = () => limits.fuel - Number(fuel.value);
    let where = "before it started";
    try {
      const bulk = this.#spec.bulk ? exports as unknown as BulkExports : undefined;
      kernel.begin(bulk === undefined ? input : NOTHING, limits.blockBytes);
      where = "while it started";
      for (const name of this.#spec.startCalls) (exports[name] as () => void)();
      where = `in "${entry}"`;
      if (bulk !== undefined) putInput(bulk, memory!, input);
      const status = (exports[entry] as () => unknown)();
      checkStatus(entry, kernel, status);
      const output = (bulk && takeOutput(bulk, memory!)) ?? kernel.output;
      const result = { output: bounded(output, limits).slice(), fuel: used() };
      if (!this.#canBeReset(controls)) this.#instance = undefined;
      return result;
    } catch (thrown) {
      this.#instance = undefined;
      const { code, message, cause } = state.fault ??
        asGuestFault(thrown, { where, limits, kernel, controls });
      throw new PluginError(code, message, { cause, details: { fuel: used() } });
    } finally {
      wasi?.flush();
      state.endLog();
      this.#running = undefined;
      if (kernel.byteLength > MAX_KEPT_KERNEL_BYTES) this.#kernel = this.#instance = undefined;
    }
  }

  async #instantiate(): Promise<void> {
    // Whichever call runs is the one that the functions serve.
    const kernel = this.#kernel ??= new Kernel({
      varGet: (key) => this.#running!.state.varGet(key),
      varSet: (key, value) => this.#running!.state.varSet(key, value),
      log: (level, message) => this.#running!.state.log(level, message),
      refuseHttp: () => this.#running!.state.refuseHttp(),
    });
    const capabilities = this.#spec.hostFunctions.map((name) => [
      name,
      (address: bigint) => this.#running!.state.ask(name, address),
    ]);
    const wasi = [...(this.#spec.wasi ? WASI_FUNCTIONS.keys() : [])].map((name) => [
      name,
      (...args: (number | bigint)[]) => this.#running!.wasi!.functions[name]!(...args),
    ]);
    let exports;
    try {
      ({ exports } = await instantiate(this.#module, {
        extism: kernel.functions,
        capabilities: Object.fromEntries(capabilities),
        wasi: Object.fromEntries(wasi),
      }));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      // A trap is a data segment outside of the memory; else the engine could not make the memory.
      const code = cause instanceof WebAssembly.RuntimeError ? "sandbox.trap" : "sandbox.memory";
      throw new PluginError(code, `The plugin was stopped before it started: ${why}`, {
        cause,
        details: { fuel: 0 },
      });
    }
    const controls = controlsOf(exports);
    this.#instance = { kernel, exports, controls, used: false };
    const { memory } = controls;
    if (this.#spec.resets && memory !== undefined) this.#image ??= MemoryImage.of(memory);
  }

  /** Puts the last call's instance back to how it was made. */
  #reset({ controls: { reset, fault, memory } }: Instance): void {
    reset!();
    fault.value = FAULT.none;
    if (memory !== undefined) this.#image!.restore(memory);
  }

  #canBeReset({ memory }: Controls): boolean {
    return this.#spec.resets && (memory === undefined || this.#image!.fits(memory));
  }
}

function startWasi(
  { now }: GuestCall,
  state: CallState,
  controls: Controls,
  charge: (units: number) => void,
): Wasi {
  return wasiFunctions({
    memory: () => controls.memory,
    now: BigInt(now === undefined ? Date.now() : Date.parse(now)) * 1_000_000n,
    log: (level, text) => state.logText(level, () => text),
    charge,
    exit: (code) => {
      throw new GuestExit(code);
    },
  });
}

function checkStatus(entry: string, { error }: Kernel, status: unknown): void {
  if (status === 0 && error === undefined) return;
  const message = error === undefined
    ? `it returned ${status}, wanted 0`
    : new TextDecoder().decode(error.subarray(0, MAX_ERROR_BYTES));
  throw new PluginError("sandbox.guest-error", `The plugin failed in "${entry}": ${message}`);
}

/** Of a guest's own error message. */
const MAX_ERROR_BYTES = 10_000;

function bounded(output: Uint8Array = NOTHING, { outputBytes }: CallLimits): Uint8Array {
  if (output.length <= outputBytes) return output;
  throw new PluginError(
    "contract.output-too-large",
    `The plugin was stopped: its output has ${output.length} bytes, at most ${outputBytes} are allowed`,
  );
}
