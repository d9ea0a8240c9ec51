/** Runs a script on the original modules and on the rewritten ones, command by command. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isRefused, type Refused, rewrite } from "./rewrite.ts";
import type { Command, Expected, Script } from "./script.ts";
import type { Tally } from "./tally.ts";
import { matches, show } from "./value.ts";
import { endOf, type Loaded, type Making, type Result, World } from "./world.ts";

/** Modules of 2.0 scripts that were rewritten with later features; any other refusal is a fault. */
const LATER_MODULES: readonly string[] = [
  "bulk-memory/table-sub.wast:1 ",
  "bulk-memory/table_init.wast:2272 ",
  "simd/simd_memory-multi.wast:5 ",
];

/** What no plugin may do, though Wasm 2.0 knows it: the only other refusal that is no fault. */
const MAY_REFUSE = /^imports a (?:global|memory|table)/;

/** Nothing is capped, so that growing answers as in the original. */
const ALL_PAGES = 65_536;

type Load = Loaded | Refused | { readonly error: unknown };

/** Runs one script; `folder` holds its modules. */
export function runScript(
  script: Script,
  folder: string,
  canonicalNaN: boolean,
  tally: Tally,
): void {
  new ScriptRun(script, folder, { memoryPages: ALL_PAGES, canonicalNaN }, tally).run();
}

class ScriptRun {
  readonly #script: Script;
  readonly #folder: string;
  readonly #making: Exclude<Making, "original">;
  readonly #tally: Tally;
  readonly #original: World = new World("original");
  readonly #rewritten: World;
  readonly #definitions: Map<string | undefined, string> = new Map();

  constructor(
    script: Script,
    folder: string,
    making: Exclude<Making, "original">,
    tally: Tally,
  ) {
    this.#script = script;
    this.#folder = folder;
    this.#making = making;
    this.#tally = tally;
    this.#rewritten = new World(making);
  }

  run(): void {
    for (const command of this.#script.commands) {
      const where = `${this.#script.source}:${command.line} ${command.type}`;
      try {
        this.#runCommand(command, where);
      } catch (error) {
        this.#tally.fail(where, `the rewriter or this runner failed: ${(error as Error).stack}`);
      }
    }
  }

  #runCommand(command: Command, where: string): void {
    switch (command.type) {
      case "module":
        return this.#module(command, where);
      case "module_definition":
        this.#definitions.set(undefined, command.file!);
        this.#definitions.set(command.name, command.file!);
        return;
      case "module_instance":
        return this.#module({ ...command, file: this.#definitions.get(command.of)! }, where);
      case "register":
        this.#original.register(command);
        return this.#rewritten.register(command);
      case "assert_invalid":
      case "assert_malformed":
        return this.#invalid(command, where);
      case "assert_unlinkable":
      case "assert_uninstantiable":
        return this.#notInstantiable(command, where);
      case "action":
      case "assert_return":
      case "assert_trap":
      case "assert_exhaustion":
      case "assert_exception":
        return this.#act(command, where);
      default:
        return this.#tally.count(`not run: ${command.type}`);
    }
  }

  #module({ name, file }: Command, where: string): void {
    if (file === undefined) return this.#tally.fail(where, "the module has no binary form");
    const bytes = this.#read(file);
    const after = load(this.#rewritten, bytes);
    // What is refused in one world must not write to shared memories and tables of the other.
    const before = "refused" in after ? after : load(this.#original, bytes);
    this.#tally.seal(
      `${where} ${"error" in after ? "error" : "refused" in after ? after.refused : "ok"}`,
    );
    this.#original.keep(name, "error" in before ? { refused: "not on this engine" } : before);
    this.#rewritten.keep(name, "error" in after ? { refused: "a module that failed" } : after);
    if ("refused" in after) {
      this.#tally.count(`refused: ${after.refused}`);
      const may = MAY_REFUSE.test(after.refused) ||
        LATER_MODULES.some((start) => where.startsWith(start));
      if (this.#script.level === "2.0" && !may) {
        this.#tally.fail(where, `refused, though it is Wasm 2.0: ${after.refused} (${file})`);
      }
      return;
    }
    const lost = "error" in before || "refused" in before;
    if ("error" in after) {
      if (lost) return this.#tally.count("not on this engine");
      return this.#tally.fail(where, `does not load: ${String(after.error)} (${file})`);
    }
    if (lost) return this.#tally.fail(where, `loads, but the original does not (${file})`);
    this.#tally.pass();
  }

  /** The hole to look for: what is appended must not make an invalid module valid. */
  #invalid({ file }: Command, where: string): void {
    if (file === undefined) return this.#tally.count("not run: text that has no binary form");
    const bytes = this.#read(file);
    const made = rewrite(bytes, this.#making);
    const after = isRefused(made) ? made.refused : isValid(made.metered.bytes);
    if (after !== true) return this.#tally.pass();
    if (!isValid(bytes)) return this.#tally.fail(where, `an invalid module became valid (${file})`);
    // Validation became laxer since in some corners, and the rewriter leaves types to the engine.
    this.#tally.seal(`${where} valid`);
    this.#tally.count("valid on this engine, against the script");
  }

  #notInstantiable({ type, file }: Command, where: string): void {
    const bytes = this.#read(file!);
    const wanted = type === "assert_unlinkable" ? WebAssembly.LinkError : WebAssembly.RuntimeError;
    const after = load(this.#rewritten, bytes);
    if ("refused" in after) return this.#tally.count(`refused: ${after.refused}`);
    const before = load(this.#original, bytes);
    if (!("error" in before && before.error instanceof wanted)) {
      return this.#tally.count("does not hold on the original");
    }
    const own = this.#rewritten.ownTrap;
    if (own !== undefined) return this.#tally.fail(where, `ended by ${own} (${file})`);
    if (!("error" in after)) return this.#tally.fail(where, `instantiates (${file})`);
    const [one, two] = [String(before.error), String(after.error)];
    // A link error names the import by its number and the engine's own words: the kind is enough.
    if (type === "assert_unlinkable" ? after.error instanceof wanted : one === two) {
      return this.#tally.pass();
    }
    this.#tally.fail(where, `"${one}" became "${two}" (${file})`);
  }

  #act(command: Command, where: string): void {
    const action = command.action!;
    if (action.type === "module") return this.#tally.count("not run: a module as an action");
    const after = this.#rewritten.find(action.name);
    if (isRefused(after)) return this.#tally.count(`refused: ${after.refused}`);
    const before = this.#original.find(action.name);
    if (isRefused(before)) return this.#tally.count(before.refused);
    const type = command.expected?.[0]?.type;
    const was = this.#original.act(action, before, type);
    const held = holds(command, was);
    // Read at once: the next call may write over the result's memory.
    const is = this.#rewritten.act(action, after, type);
    // Canonical NaNs make every result the same anywhere; without them the engine may choose bits.
    const result = this.#making.canonicalNaN && is.kind === "values" ? describe(is) : is.kind;
    this.#tally.seal(`${where} ${this.#rewritten.spent} ${result}`);
    if (!held) return this.#tally.count("does not hold on the original");
    // A negation turns the sign of whatever it gets: its NaN has the sign that the script's lacks.
    const oneNaN = this.#making.canonicalNaN && !action.field!.includes("neg");
    if (command.type === "assert_exhaustion" ? is.kind === "depth" : holds(command, is, oneNaN)) {
      if (!("message" in was && "message" in is) || was.message === is.message) {
        return this.#tally.pass();
      }
    }
    this.#tally.fail(where, `${describe(was)} became ${describe(is)}`);
  }

  #read(file: string): Uint8Array {
    return readFileSync(join(this.#folder, file));
  }
}

function load(world: World, bytes: Uint8Array): Load {
  try {
    return world.instantiate(bytes);
  } catch (error) {
    const { kind } = endOf(error);
    const engine = error instanceof WebAssembly.CompileError ||
      error instanceof WebAssembly.LinkError || kind !== "failed";
    if (engine) return { error };
    throw error;
  }
}

function isValid(bytes: Uint8Array): boolean {
  return WebAssembly.validate(bytes as BufferSource);
}

/** Whether an action ended as its command says; `oneNaN` takes no NaN but the canonical positive one. */
function holds({ type, expected }: Command, result: Result, oneNaN = false): boolean {
  switch (type) {
    case "assert_trap":
      return result.kind === "trap";
    case "assert_exhaustion":
      return result.kind === "overflow";
    case "assert_exception":
      return result.kind === "exception";
    case "action":
      return result.kind === "values";
    default:
      return result.kind === "values" && result.slots.length === expected!.length &&
        result.slots.every((slot, index) => matches(slot, expected![index] as Expected, oneNaN));
  }
}

function describe(result: Result): string {
  if (result.kind === "values") return `values [${result.slots.map(show).join(", ")}]`;
  return "message" in result ? `${result.kind} "${result.message}"` : result.kind;
}
