/** Runs a generated module before and after rewriting, on the same arguments, and compares all of it. */
import { createHash } from "node:crypto";
import type { ModuleOutline, WasmExport } from "../../../src/wasm/outline.ts";
import { functionAdapter, globalAdapter } from "./adapter.ts";
import { Meters } from "./meters.ts";
import { SplitMix } from "./random.ts";
import { isRefused, rewrite } from "./rewrite.ts";
import type { Tally } from "./tally.ts";
import { endOf, type Result } from "./world.ts";

/** Above the largest maximum of a generated module, so that nothing is capped. */
const MEMORY_PAGES = 64;

/** Functions that are called, each on a new instance, and how often. */
const MAX_FUNCTIONS = 6;
const CALLS = 3;

/** What happened to one instance: each call's end, then everything that it left. */
interface Story {
  readonly calls: readonly Call[];
  readonly state: string;
}

interface Call {
  readonly end: string;
  readonly fuel: bigint;
}

/** A module that is ready to be made an instance of. */
interface Maker {
  readonly module: WebAssembly.Module;
  /** Rewritten modules only. */
  readonly startCalls?: readonly string[];
}

/**
 * How like its original a rewritten module must be. `mostly`: conversions between float widths keep NaN
 * bits in the original that canonical NaNs change, which may then decide anything; that is counted.
 */
export type Likeness = "exact" | "mostly" | "none";

/** What such a difference is counted as. */
export const NAN_BITS = "calls that differ where the original converts NaNs";

/** Compares one module; `seed` gives the arguments. */
export function compareModule(
  name: string,
  bytes: Uint8Array,
  seed: number,
  canonicalNaN: boolean,
  likeness: Likeness,
  tally: Tally,
): void {
  const made = rewrite(bytes, { memoryPages: MEMORY_PAGES, canonicalNaN });
  if (isRefused(made)) return tally.fail(name, `refused: ${made.refused}`);
  const { outline, metered } = made;
  const before: Maker = { module: new WebAssembly.Module(bytes as BufferSource) };
  if (!WebAssembly.validate(metered.bytes as BufferSource)) {
    return tally.fail(name, "the rewritten module is not valid");
  }
  const after: Maker = {
    module: new WebAssembly.Module(metered.bytes as BufferSource),
    startCalls: metered.startCalls,
  };
  const functions = outline.exports.filter(({ kind }) => kind === "function");
  // A module without functions to call still has a start, and a state.
  const called = functions.length === 0 ? [undefined] : functions.slice(0, MAX_FUNCTIONS);
  for (const [index, item] of called.entries()) {
    const where = `${name} ${item?.name ?? "start"}`;
    const play = (maker: Maker, fuel?: bigint) =>
      tell(maker, outline, item, seed * 100 + index, new Meters(fuel));
    const [was, is, again] = [play(before), play(after), play(after)];
    const most = is.calls.reduce((most, { fuel }) => fuel > most ? fuel : most, 1n);
    const short = play(after, most - 1n);
    const own = differ(is, again, true) ?? runsOut(is, short, most - 1n);
    const difference = likeness === "none" ? undefined : differ(was, is, false);
    if (own !== undefined) tally.fail(where, own);
    else if (difference === undefined) tally.pass();
    else if (likeness === "mostly") tally.count(NAN_BITS);
    else tally.fail(where, difference);
    for (const { end } of is.calls) {
      if (end === "fuel" || end === "depth") tally.count(`calls that ended by ${end}`);
    }
    // Without canonical NaNs an engine may choose bits, which then may decide what runs.
    if (name.endsWith(".exact.wasm") || canonicalNaN) {
      for (const { calls, state } of [is, short]) {
        const ends = calls.map(({ end, fuel }) => `${withoutWords(end)} ${fuel}`);
        tally.seal(`${where} ${ends.join()} ${state}`);
      }
    }
  }
}

/** An end without the engine's own words, which differ between versions. */
function withoutWords(end: string): string {
  return end.replace(/^(trap|failed) .*$/s, "$1");
}

/** The first difference of two stories; where a meter ended a call, the rest must differ. */
function differ(one: Story, two: Story, exact: boolean): string | undefined {
  for (const [index, call] of one.calls.entries()) {
    const other = two.calls[index]!;
    if (!exact && (other.end === "fuel" || other.end === "depth")) return undefined;
    if (call.end !== other.end) return `call ${index}: "${call.end}" became "${other.end}"`;
    if (exact && call.fuel !== other.fuel) {
      return `call ${index}: spent ${call.fuel}, then ${other.fuel}`;
    }
  }
  return one.state === two.state ? undefined : `left "${one.state}", then "${two.state}"`;
}

/** What is wrong with a story that had too little fuel: the first call that spends more must end by it. */
function runsOut(one: Story, short: Story, fuel: bigint): string | undefined {
  const index = one.calls.findIndex((call) => call.fuel > fuel);
  if (index === -1) return undefined;
  const { end } = short.calls[index]!;
  return end === "fuel" ? undefined : `call ${index}: "${end}" with one unit of fuel too little`;
}

function tell(
  { module, startCalls }: Maker,
  outline: ModuleOutline,
  item: WasmExport | undefined,
  seed: number,
  meters: Meters,
): Story {
  const random = new SplitMix(seed);
  const calls: Call[] = [];
  let exports: WebAssembly.Exports = {};
  const run = (action: () => string) => {
    meters.fill();
    let end: string;
    try {
      end = action();
      if (!meters.stackRestored) end += " without all of its stack";
    } catch (error) {
      end = meters.ownTrap ?? describe(endOf(error));
    }
    calls.push({ end, fuel: meters.spent });
    return end;
  };
  run(() => {
    exports = new WebAssembly.Instance(module).exports;
    if (startCalls !== undefined) meters.add(exports);
    meters.fill();
    for (const name of startCalls ?? []) (exports[name] as () => void)();
    return "started";
  });
  if (calls[0]!.end !== "started") return { calls, state: "none" };
  if (item?.type !== undefined) {
    const type = item.type;
    const adapter = functionAdapter(exports[item.name], type);
    for (let count = 0; count < CALLS; count++) {
      run(() => {
        const slots = adapter.call((slot, index) => random.fill(slot, type.params[index]!));
        return slots.map((slot, index) =>
          slot instanceof DataView
            ? hex(new Uint8Array(slot.buffer, slot.byteOffset, WIDTH[type.results[index]!]))
            : nameOf(slot.reference, outline, exports)
        ).join();
      });
    }
  }
  return { calls, state: stateOf(outline, exports) };
}

const WIDTH: Readonly<Record<string, number>> = { i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 };

function describe(result: Result): string {
  return "message" in result ? `${result.kind} ${result.message}` : result.kind;
}

/** All that a module's own exports show: memory, globals, tables. */
function stateOf({ exports: list }: ModuleOutline, exports: WebAssembly.Exports): string {
  const outline = { exports: list };
  const parts = list.map(({ name, kind }) => {
    const item = exports[name];
    if (item instanceof WebAssembly.Memory) return `${name}:${digest(item.buffer)}`;
    if (item instanceof WebAssembly.Global) return `${name}:${globalOf(item, outline, exports)}`;
    if (item instanceof WebAssembly.Table) {
      const elements = Array.from({ length: item.length }, (_, index) => item.get(index));
      return `${name}:${elements.map((e) => nameOf(e, outline, exports)).join(" ")}`;
    }
    return kind === "function" ? "" : `${name}:?`;
  });
  return parts.filter((part) => part !== "").join("; ");
}

function globalOf(
  global: WebAssembly.Global,
  outline: Pick<ModuleOutline, "exports">,
  exports: WebAssembly.Exports,
): string {
  // Its type is not known here: the bits through the first adapter that links.
  for (const type of ["i32", "i64", "f32", "f64", "v128"]) {
    try {
      const [slot] = globalAdapter(global, type).call(() => undefined);
      const { buffer, byteOffset } = slot as DataView;
      return hex(new Uint8Array(buffer, byteOffset, WIDTH[type]));
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError)) throw error;
    }
  }
  return nameOf(global.value, outline, exports);
}

/** A reference by the first export that is the same function, since instances differ. */
function nameOf(
  reference: unknown,
  { exports: list }: Pick<ModuleOutline, "exports">,
  exports: WebAssembly.Exports,
): string {
  if (reference === null) return "null";
  if (typeof reference !== "function") return "host value";
  return list.find(({ name }) => exports[name] === reference)?.name ?? "a function";
}

function digest(buffer: ArrayBufferLike): string {
  const hash = createHash("sha256").update(new Uint8Array(buffer)).digest("hex").slice(0, 16);
  return `${buffer.byteLength} ${hash}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
