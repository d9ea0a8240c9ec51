import { LIMITS } from "../../limits.ts";
import { meter } from "../../sandbox/metering/meter.ts";
import type { Engine } from "./engine.ts";

/** What a session may use. */
export interface SessionLimits {
  /** In units of the fuel schedule, for each script. */
  readonly fuel: number;
  readonly memoryPages: number;
}

/** How a script ended: with its value or with what it threw, in words; or it was stopped. */
export type ScriptEnd =
  | { readonly end: "value"; readonly text: string }
  | { readonly end: "thrown"; readonly text: string }
  | { readonly end: "fuel" }
  | { readonly end: "host-call"; readonly text: string }
  | { readonly end: "trap"; readonly text: string };

/** The state of an engine between two calls. */
export interface EngineState {
  readonly memory: Uint8Array;
  /** Mutable globals by their index. */
  readonly globals: ReadonlyMap<number, number | bigint>;
}

/**
 * What JavaScript may use of the stack in memory, which has 1 MiB. A function that calls itself then ends
 * with a RangeError, at some 600 calls, before the sandbox counts its calls as too deep.
 */
const STACK_BYTES = 160 * 1024;

/** Free room in memory, so that a common call need not grow it: then it could not be reused. */
const ROOM_BYTES = 192 * 1024;

interface EngineExports {
  readonly memory: WebAssembly.Memory;
  readonly "cofferdam:fuel": { value: bigint };
  readonly "cofferdam:stack": { value: number };
  "build:init"(stackBytes: number): void;
  "build:alloc"(length: number): number;
  "build:free"(start: number): void;
  "build:eval"(code: number, length: number, name: number): number;
  "build:compile"(code: number, length: number, name: number): bigint;
  "build:load"(start: number, length: number): number;
  "build:settle"(roomBytes: number): number;
  cofferdam_output(): bigint;
}

const compiled = new Map<number, Promise<WebAssembly.Module>>();

/** The engine as the sandbox would run it, compiled once in this process. */
function compileMetered(
  { bytes, outline }: Engine,
  memoryPages: number,
): Promise<WebAssembly.Module> {
  let module = compiled.get(memoryPages);
  if (module === undefined) {
    const metered = meter("the engine", bytes, outline, { memoryPages });
    module = WebAssembly.compile(metered.bytes as Uint8Array<ArrayBuffer>);
    compiled.set(memoryPages, module);
  }
  return module;
}

/** Thrown through the engine by what stands for the host. */
class HostCall extends Error {}

/** An engine that runs scripts of an author, metered, before the snapshot. */
export class EngineSession {
  readonly #engine: Engine;
  readonly #limits: SessionLimits;
  readonly #exports: EngineExports;

  private constructor(engine: Engine, limits: SessionLimits, exports: EngineExports) {
    this.#engine = engine;
    this.#limits = limits;
    this.#exports = exports;
    this.#refuel();
    exports["build:init"](STACK_BYTES);
  }

  /** Starts an engine. What it imports may not be called. */
  static async start(engine: Engine, limits: SessionLimits): Promise<EngineSession> {
    const module = await compileMetered(engine, limits.memoryPages);
    const imports: Record<string, Record<string, () => never>> = {};
    for (const { module, name } of engine.outline.imports) {
      (imports[module] ??= {})[name] = () => {
        throw new HostCall(`"${name}" of "${module}"`);
      };
    }
    const instance = await WebAssembly.instantiate(module, imports);
    return new EngineSession(engine, limits, instance.exports as unknown as EngineExports);
  }

  /** Evaluates a script. After any other end than "value" and "thrown" the session is of no use. */
  evaluate(code: string, name: string): ScriptEnd {
    const { "build:alloc": alloc, "build:free": free } = this.#exports;
    return this.#guarded(() => {
      const script = this.#write(alloc, code);
      const scriptName = this.#write(alloc, name);
      const status = this.#exports["build:eval"](script.start, script.length, scriptName.start);
      const text = this.#output();
      free(script.start);
      free(scriptName.start);
      return { end: status === 0 ? "value" : "thrown", text };
    });
  }

  /** Compiles a script to bytecode, which a session that has not seen its source evaluates. */
  compile(code: string, name: string): ScriptEnd | { end: "bytecode"; bytecode: Uint8Array } {
    let bytecode: Uint8Array | undefined;
    const ended = this.#guarded(() => {
      const { "build:alloc": alloc, "build:compile": compile } = this.#exports;
      const script = this.#write(alloc, code);
      const scriptName = this.#write(alloc, name);
      const place = BigInt.asUintN(64, compile(script.start, script.length, scriptName.start));
      if (place === 0n) return { end: "thrown", text: this.#output() };
      bytecode = this.#bytes(place).slice();
      return { end: "value", text: "" };
    });
    return bytecode === undefined ? ended : { end: "bytecode", bytecode };
  }

  /** Evaluates bytecode; as {@link evaluate}. */
  load(bytecode: Uint8Array): ScriptEnd {
    const { "build:alloc": alloc, "build:free": free } = this.#exports;
    return this.#guarded(() => {
      const { start, length } = this.#writeBytes(alloc, bytecode);
      const status = this.#exports["build:load"](start, length);
      const text = this.#output();
      free(start);
      return { end: status === 0 ? "value" : "thrown", text };
    });
  }

  /** Runs what the scripts left to be run, and collects garbage. A rejected promise is thrown. */
  settle(): ScriptEnd {
    return this.#guarded(() => {
      const status = this.#exports["build:settle"](ROOM_BYTES);
      return { end: status === 0 ? "value" : "thrown", text: this.#output() };
    });
  }

  /** The state as it is. */
  state(): EngineState {
    const globals = new Map<number, number | bigint>();
    for (const { kind, name, index } of this.#engine.outline.exports) {
      if (kind !== "global") continue;
      const global = (this.#exports as unknown as Record<string, { value: number | bigint }>)[name];
      globals.set(index, global!.value);
    }
    return { memory: new Uint8Array(this.#exports.memory.buffer), globals };
  }

  #guarded(work: () => ScriptEnd): ScriptEnd {
    this.#refuel();
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof HostCall) return { end: "host-call", text: thrown.message };
      if (this.#exports["cofferdam:fuel"].value < 0n) return { end: "fuel" };
      const stack = this.#exports["cofferdam:stack"].value < 0;
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return { end: "trap", text: stack ? "calls nest too deep" : why };
    }
  }

  #refuel(): void {
    this.#exports["cofferdam:fuel"].value = BigInt(this.#limits.fuel);
    this.#exports["cofferdam:stack"].value = LIMITS.stackBytes;
  }

  #write(alloc: (length: number) => number, text: string): { start: number; length: number } {
    return this.#writeBytes(alloc, new TextEncoder().encode(text));
  }

  /** With a zero behind, as C wants its texts. */
  #writeBytes(
    alloc: (length: number) => number,
    bytes: Uint8Array,
  ): { start: number; length: number } {
    const start = alloc(bytes.length + 1) >>> 0;
    if (start === 0) throw new RangeError("the engine has no memory for the program");
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(bytes, start);
    memory[start + bytes.length] = 0;
    return { start, length: bytes.length };
  }

  #output(): string {
    const place = BigInt.asUintN(64, this.#exports.cofferdam_output());
    return new TextDecoder().decode(this.#bytes(place));
  }

  /** As a view. @param place The length in the upper, the address in the lower half. */
  #bytes(place: bigint): Uint8Array {
    const start = Number(place & 0xffff_ffffn);
    return new Uint8Array(this.#exports.memory.buffer, start, Number(place >> 32n));
  }
}
