import type { FunctionType } from "../../wasm/outline.ts";
import { KERNEL_BASE64 } from "./kernel-bytes.ts";

/** The module name of Extism's own functions. */
export const EXTISM_ENV = "extism:host/env";

/** What the kernel cannot do in Wasm. Addresses come from the guest; see {@link Kernel.read}. */
export interface KernelHost {
  varGet(key: bigint): bigint;
  varSet(key: bigint, value: bigint): void;
  /** @param level 0 trace, 1 debug, 2 info, 3 warn, 4 error */
  log(level: number, message: bigint): void;
  refuseHttp(): never;
}

/** Why the kernel gave no memory: the guest's limit, or the host had none left. */
export type Refusal = "limit" | "host";

/** A global as it is read and written here; not every runtime's types know what is in one. */
interface Counter {
  value: number;
}

interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly top: Counter;
  readonly refused: Counter;
  readonly output_is_set: Counter;
  readonly output: Counter;
  readonly output_length: Counter;
  readonly error: Counter;
  alloc(length: bigint): bigint;
  length(address: bigint): bigint;
  begin(inputLength: number, limit: number): number;
}

/** The functions of {@link EXTISM_ENV} with their types. @see https://extism.org/docs/concepts/pdk */
export const KERNEL_FUNCTIONS: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries({
    "i64 -> i64": "alloc length length_unsafe load_u64 input_load_u64 config_get var_get",
    "i64 -> i32": "load_u8 input_load_u8",
    "i64 -> ": "free error_set log_trace log_debug log_info log_warn log_error",
    "i64,i64 -> ": "store_u64 output_set var_set",
    "i64,i32 -> ": "store_u8",
    "i64,i64 -> i64": "http_request",
    " -> i64": "input_offset input_length error_get http_headers",
    " -> i32": "http_status_code get_log_level",
  }).flatMap(([type, names]) => {
    const [params, results] = type.split(" -> ").map((list) => list.split(",").filter(Boolean));
    return names.split(" ").map((name): [string, FunctionType] => [
      name,
      { params: params!, results: results! },
    ]);
  }),
);

/** The memory that Extism's functions work on, and those functions; see `kernel.wat`. */
export class Kernel {
  /** By the names that guests import. */
  readonly functions: Readonly<Record<string, WebAssembly.ExportValue>>;
  readonly #exports: KernelExports;

  constructor(host: KernelHost) {
    const { exports } = new WebAssembly.Instance(kernelModule(), {
      cofferdam: {
        var_get: (key: bigint) => host.varGet(key),
        var_set: (key: bigint, value: bigint) => host.varSet(key, value),
        log: (level: number, message: bigint) => host.log(level, message),
        refuse_http: () => host.refuseHttp(),
      },
    });
    this.#exports = exports as unknown as KernelExports;
    this.functions = Object.fromEntries(
      [...KERNEL_FUNCTIONS.keys()].map((name) => [name, exports[name]!]),
    );
  }

  /** Bytes of its memory, which grows with its largest call. */
  get byteLength(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Set when the guest was stopped because there was no memory for it. */
  get refusal(): Refusal | undefined {
    return ([undefined, "limit", "host"] as const)[this.#exports.refused.value];
  }

  /**
   * Forgets the last call and takes the next one's input.
   *
   * @param limit Bytes of all blocks together, the input's with them; at most 2^31.
   * @throws {WebAssembly.RuntimeError} when the input is beyond it; see {@link refusal}
   */
  begin(input: Uint8Array, limit: number): void {
    const at = this.#exports.begin(input.length, Math.min(limit, 2 ** 31) | 0) >>> 0;
    new Uint8Array(this.#exports.memory.buffer, at, input.length).set(input);
  }

  /** What the guest gave, as a view; undefined when it gave nothing. */
  get output(): Uint8Array | undefined {
    const { output_is_set, output, output_length } = this.#exports;
    if (output_is_set.value === 0) return undefined;
    return this.#view(output.value >>> 0, output_length.value >>> 0);
  }

  /** The guest's own error message, as a view. */
  get error(): Uint8Array | undefined {
    const at = this.#exports.error.value >>> 0;
    return at === 0 ? undefined : this.read(BigInt(at));
  }

  /** The length of the block that a guest names; 0 where there is none. */
  length(address: bigint): number {
    return Number(this.#exports.length(address));
  }

  /** The block that a guest names, as a view; empty where there is none. */
  read(address: bigint): Uint8Array {
    const length = this.length(address);
    return this.#view(length === 0 ? 0 : Number(address), length);
  }

  /**
   * A new block with these bytes.
   *
   * @returns Its address.
   * @throws {WebAssembly.RuntimeError} beyond the call's limit; see {@link refusal}
   */
  write(bytes: Uint8Array): bigint {
    const address = this.#exports.alloc(BigInt(bytes.length));
    this.#view(Number(address), bytes.length).set(bytes);
    return address;
  }

  /** The kernel checked both; a guest cannot reach the globals that hold them. */
  #view(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, at, length);
  }
}

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    Uint8Array.from(atob(KERNEL_BASE64.replaceAll("\n", "")), (char) => char.charCodeAt(0)),
  );
  return compiled;
}
