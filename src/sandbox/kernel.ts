import type { CallContext } from "@extism/extism";
import { PluginError } from "../plugin-error.ts";
import type { WasmImport } from "../wasm/outline.ts";
import type { CallLimits } from "./protocol.ts";

/** The module name of Extism's own functions. */
export const EXTISM_ENV = "extism:host/env";

/** True for an import that the sandbox answers; a guest with any other is not loaded. */
export function isOffered({ kind, module, name }: WasmImport): boolean {
  return kind === "function" && module === EXTISM_ENV && EXTISM_FUNCTIONS.has(name);
}

/** The names a guest may import from {@link EXTISM_ENV}. */
const EXTISM_FUNCTIONS: ReadonlySet<string> = new Set([
  ..."alloc free length length_unsafe load_u8 load_u64 store_u8 store_u64".split(" "),
  ..."input_offset input_length input_load_u8 input_load_u64".split(" "),
  ..."output_set error_set error_get config_get var_get var_set".split(" "),
  ..."http_request http_status_code http_headers".split(" "),
  ..."log_trace log_debug log_info log_warn log_error get_log_level".split(" "),
]);

type HostFunction = (context: CallContext, ...args: bigint[]) => unknown;

/**
 * What one call reads and writes, in place of the SDK's call stack. The SDK's own functions lose the
 * length given to `output_set`, ignore the number that a guest returns and allocate before they look
 * at a limit; these are handed to it as host functions and take their place.
 */
export class CallState {
  /** The answer, once the guest set one. */
  output: Uint8Array | undefined;
  /** The guest's own error message, once it set one. */
  error: Uint8Array | undefined;
  /** A limit or a refusal that ended the call; kept here since a guest's handler may swallow it. */
  fault: PluginError | undefined;

  readonly #vars = new Map<string, Uint8Array>();
  readonly #input: Uint8Array;
  readonly #inputView: DataView;
  readonly #limits: CallLimits;
  #inputAddress: bigint | undefined;
  #errorAddress = 0n;
  #blockBytes = 0;
  #blocks = 0;

  constructor(input: Uint8Array, limits: CallLimits) {
    this.#input = input;
    this.#inputView = new DataView(input.buffer, input.byteOffset, input.byteLength);
    this.#limits = limits;
  }

  /** The functions that replace the SDK's under {@link EXTISM_ENV}. */
  functions(): Record<string, HostFunction> {
    return {
      alloc: (context, size: bigint) => {
        this.#charge(size);
        return context.alloc(size);
      },
      input_offset: (context) => {
        if (this.#inputAddress === undefined) {
          this.#charge(BigInt(this.#input.length));
          // A copy: the SDK would hand the guest the very buffer.
          this.#inputAddress = context.store(this.#input.slice());
        }
        return this.#inputAddress;
      },
      input_length: () => BigInt(this.#input.length),
      input_load_u8: (_context, offset: bigint) => this.#inputView.getUint8(toOffset(offset)),
      input_load_u64: (_context, offset: bigint) =>
        this.#inputView.getBigUint64(toOffset(offset), true),
      output_set: (context, address: bigint, length: bigint) => {
        this.output = this.#copyOut(context, address, length, "output", this.#limits.outputBytes);
      },
      error_set: (context, address: bigint) => {
        if (address === 0n) return;
        const length = context.length(address);
        this.error = this.#copyOut(context, address, length, "error", this.#limits.outputBytes);
        this.#errorAddress = address;
      },
      error_get: () => this.#errorAddress,
      // No configuration besides the request's settings.
      config_get: () => 0n,
      var_get: (context, key: bigint) => {
        const value = this.#vars.get(this.#readKey(context, key));
        if (value === undefined) return 0n;
        this.#charge(BigInt(value.length));
        return context.store(value.slice());
      },
      var_set: (context, key: bigint, address: bigint) => {
        const name = this.#readKey(context, key);
        if (address === 0n) {
          this.#vars.delete(name);
          return;
        }
        const length = context.length(address);
        this.#charge(length + BigInt(name.length));
        this.#vars.set(name, this.#copyOut(context, address, length, "variable"));
      },
      http_request: () => this.#refuse("http_request"),
      http_status_code: () => this.#refuse("http_status_code"),
      http_headers: () => this.#refuse("http_headers"),
    };
  }

  /**
   * Each block and each variable costs its bytes and a fixed share for the host's own bookkeeping.
   * Nothing is given back: this bounds the copying as well as the memory.
   */
  #charge(size: bigint): void {
    this.#blockBytes += Number(BigInt.asUintN(64, size)) + 128;
    this.#blocks++;
    if (this.#blockBytes <= this.#limits.blockBytes && this.#blocks < MAX_BLOCKS) return;
    throw this.#fail(
      "sandbox.memory",
      `it asked the host for more than ${this.#limits.blockBytes} bytes or ${MAX_BLOCKS} blocks in one call`,
    );
  }

  #readKey(context: CallContext, address: bigint): string {
    const length = context.length(address);
    if (length > MAX_KEY_BYTES) {
      throw this.#fail(
        "sandbox.memory",
        `a variable's name has ${length} bytes, at most ${MAX_KEY_BYTES} are allowed`,
      );
    }
    return new TextDecoder().decode(this.#copyOut(context, address, length, "variable's name"));
  }

  /** A guest's block was charged when it was allocated; what leaves the sandbox has its own bound. */
  #copyOut(
    context: CallContext,
    address: bigint,
    length: bigint,
    what: string,
    maxBytes = Infinity,
  ): Uint8Array {
    const block = context.read(address);
    const size = Number(BigInt.asUintN(64, length));
    const offset = toOffset(address);
    if (block === null || offset + size > Number(context.length(address))) {
      throw this.#fail("sandbox.trap", `its ${what} lies outside of the block it names`);
    }
    if (size > maxBytes) {
      throw this.#fail(
        "contract.output-too-large",
        `its ${what} has ${size} bytes, at most ${maxBytes} are allowed`,
      );
    }
    return new Uint8Array(block.arrayBuffer(), offset, size).slice();
  }

  #refuse(name: string): never {
    throw this.#fail("capability.denied", `it called "${name}"; there is no network here`);
  }

  #fail(code: PluginError["code"], what: string): PluginError {
    this.fault ??= new PluginError(code, `The plugin was stopped: ${what}`);
    return this.fault;
  }
}

/** A variable's name. */
const MAX_KEY_BYTES = 1_024n;

/**
 * The SDK keeps a block's number in the upper 16 bits of a signed address and never uses one again,
 * so block 32,768 would get an address that means none.
 */
const MAX_BLOCKS = 32_000;

/** The low 48 bits of an Extism address: the place within its block. */
function toOffset(address: bigint): number {
  return Number(BigInt.asUintN(48, address));
}
