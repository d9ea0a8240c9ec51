import type { FunctionType } from "../../../src/wasm/outline.ts";
import { readOutline } from "../../../src/wasm/outline.ts";
import { type Adapter, functionAdapter, globalAdapter, type Slot } from "./adapter.ts";
import { Meters, type OwnTrap } from "./meters.ts";
import { isRefused, type Refused, rewrite } from "./rewrite.ts";
import type { Action, Command } from "./script.ts";
import { spectest } from "./spectest.ts";
import { writeValue } from "./value.ts";

type Imports = WebAssembly.ModuleImports;

/** How the modules of a world come to be: as they are, or rewritten. */
export type Making = "original" | { readonly memoryPages: number; readonly canonicalNaN: boolean };

/** An instance, and what is needed to call it. */
export interface Loaded {
  readonly exports: WebAssembly.Exports;
  /** Undefined for a module with types that Wasm 2.0 does not have. */
  readonly types: ReadonlyMap<string, FunctionType> | undefined;
  readonly adapters: Map<string, Adapter>;
}

/** How an action ended. */
export type Result =
  | { readonly kind: "values"; readonly slots: readonly Slot[] }
  | { readonly kind: "trap" | "exception" | "failed"; readonly message: string }
  | { readonly kind: OwnTrap }
  /** The engine's own stack was full. */
  | { readonly kind: "overflow" };

/** The instances of one script: all of them original, or all rewritten. */
export class World {
  readonly #making: Making;
  readonly #meters: Meters = new Meters();
  readonly #registered: Map<string, Imports | Refused> = new Map();
  readonly #named: Map<string | undefined, Loaded | Refused> = new Map();

  constructor(making: Making) {
    this.#making = making;
    this.#registered.set("spectest", spectest());
  }

  /**
   * Makes an instance and lets it start.
   *
   * @returns A refusal also where the module imports from one that was refused.
   * @throws {WebAssembly.CompileError | WebAssembly.LinkError | WebAssembly.RuntimeError}
   */
  instantiate(bytes: Uint8Array): Loaded | Refused {
    if (this.#making === "original") {
      const imports = this.#importsOf(new WebAssembly.Module(bytes as BufferSource));
      return isRefused(imports) ? imports : load(imports, typesOf(bytes));
    }
    const made = rewrite(bytes, this.#making);
    if (isRefused(made)) return made;
    const { metered, outline } = made;
    const imports = this.#importsOf(new WebAssembly.Module(metered.bytes as BufferSource));
    if (isRefused(imports)) return imports;
    const loaded = load(imports, typesIn(outline.exports));
    this.#meters.add(loaded.exports);
    this.#meters.fill();
    for (const name of metered.startCalls) (loaded.exports[name] as () => void)();
    return loaded;
  }

  /** Keeps what a `module` command gave, under its name and as the last one. */
  keep(name: string | undefined, loaded: Loaded | Refused): void {
    this.#named.set(undefined, loaded);
    if (name !== undefined) this.#named.set(name, loaded);
  }

  /** Offers an instance's exports for import. */
  register({ as, name }: Command): void {
    const loaded = this.find(name);
    this.#registered.set(as!, isRefused(loaded) ? loaded : loaded.exports as Imports);
  }

  /** The instance that an action means. */
  find(name: string | undefined): Loaded | Refused {
    return this.#named.get(name) ?? { refused: "a module that is not there" };
  }

  /** Which meter ended the last call, if one did. */
  get ownTrap(): OwnTrap | undefined {
    return this.#meters.ownTrap;
  }

  /** Fuel that the last action spent. */
  get spent(): bigint {
    return this.#meters.spent;
  }

  /** Calls a function or reads a global. */
  act(action: Action, loaded: Loaded, expectedType: string | undefined): Result {
    this.#meters.fill();
    try {
      const adapter = adapterOf(action, loaded, expectedType);
      const slots = adapter.call((slot, index) => writeValue(slot, action.args![index]!));
      if (this.#meters.stackRestored) return { kind: "values", slots };
      return { kind: "failed", message: "it returned without all of its stack" };
    } catch (error) {
      const own = this.#meters.ownTrap;
      return own === undefined ? endOf(error) : { kind: own };
    }
  }

  #importsOf(module: WebAssembly.Module): Linked | Refused {
    const imports: Record<string, Imports> = {};
    for (const { module: name } of WebAssembly.Module.imports(module)) {
      const offered = this.#registered.get(name);
      if (offered === undefined) continue;
      if (isRefused(offered)) return { refused: offered.refused };
      imports[name] = offered as Imports;
    }
    return { module, imports };
  }
}

interface Linked {
  readonly module: WebAssembly.Module;
  readonly imports: Record<string, Imports>;
}

function load({ module, imports }: Linked, types: Loaded["types"]): Loaded {
  const { exports } = new WebAssembly.Instance(module, imports);
  return { exports, types, adapters: new Map() };
}

function typesOf(bytes: Uint8Array): Loaded["types"] {
  try {
    return typesIn(readOutline(bytes).exports);
  } catch {
    return undefined;
  }
}

function typesIn(exports: ReturnType<typeof readOutline>["exports"]): Map<string, FunctionType> {
  return new Map(exports.flatMap(({ name, type }) => type === undefined ? [] : [[name, type]]));
}

function adapterOf(action: Action, loaded: Loaded, expectedType: string | undefined): Adapter {
  const field = action.field!;
  const known = loaded.adapters.get(field);
  if (known !== undefined) return known;
  const target = loaded.exports[field];
  const type = loaded.types?.get(field);
  const adapter = action.type === "get"
    ? globalAdapter(target, expectedType ?? "i32")
    : functionAdapter(target, type ?? { params: [], results: [] });
  loaded.adapters.set(field, adapter);
  return adapter;
}

/** What an engine's exception means. */
export function endOf(error: unknown): Result {
  const { name, message } = error as Error;
  // The adapter lies above the trap in the stack, never in the message.
  if (error instanceof WebAssembly.RuntimeError) return { kind: "trap", message };
  if (error instanceof RangeError && /call stack/.test(message)) return { kind: "overflow" };
  // Not every library declaration knows the class.
  if (Object.prototype.toString.call(error) === "[object WebAssembly.Exception]") {
    return { kind: "exception", message: "thrown" };
  }
  return { kind: "failed", message: `${name}: ${message}` };
}
