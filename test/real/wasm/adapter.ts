/**
 * Small modules that call a function, or read a global, through memory: JavaScript numbers lose the
 * bits of a NaN, and have no v128 at all.
 */
import { concatBytes } from "../../../src/concat-bytes.ts";
import type { FunctionType } from "../../../src/wasm/outline.ts";
import { encodeName, encodeSection, encodeU32 } from "../../../src/wasm/writer.ts";

/** Type code, and the opcodes that load and store it with their alignment. */
const NUMBERS: Readonly<Record<string, { code: number; load: number[]; store: number[] }>> = {
  i32: { code: 0x7f, load: [0x28, 2, 0], store: [0x36, 2, 0] },
  i64: { code: 0x7e, load: [0x29, 3, 0], store: [0x37, 3, 0] },
  f32: { code: 0x7d, load: [0x2a, 2, 0], store: [0x38, 2, 0] },
  f64: { code: 0x7c, load: [0x2b, 3, 0], store: [0x39, 3, 0] },
  v128: { code: 0x7b, load: [0xfd, 0x00, 4, 0], store: [0xfd, 0x0b, 4, 0] },
};
const REFERENCES: Readonly<Record<string, number>> = { funcref: 0x70, externref: 0x6f };

/** Each value has its place in memory, as wide as the widest. */
const SLOT = 16;

/** Where a value stands in memory, or the reference itself. */
export type Slot = DataView | { readonly reference: unknown };

/** Calls one function with values that never pass through JavaScript numbers. */
export interface Adapter {
  /** Numbers are written to and read from the views (16 bytes, little-endian), references as such. */
  call(write: (slot: DataView, index: number) => unknown): Slot[];
}

const modules = new Map<string, WebAssembly.Module>();

/** An adapter for an exported function of the given type. */
export function functionAdapter(target: unknown, type: FunctionType): Adapter {
  const key = `${type.params.join()}>${type.results.join()}`;
  let module = modules.get(key);
  if (module === undefined) modules.set(key, module = compile(callerOf(type)));
  return adapterOf(module, target, type);
}

/**
 * An adapter that reads an exported global of the value type `type`.
 *
 * @throws {WebAssembly.LinkError} when the global has another type
 */
export function globalAdapter(target: unknown, type: string): Adapter {
  const open = (mutable: number) => {
    const key = `${type}:${mutable}`;
    let module = modules.get(key);
    if (module === undefined) modules.set(key, module = compile(readerOf(type, mutable)));
    return adapterOf(module, target, { params: [], results: [type] });
  };
  // An import must say whether the global can change; nothing tells it but the attempt.
  try {
    return open(0);
  } catch {
    return open(1);
  }
}

function adapterOf(module: WebAssembly.Module, target: unknown, type: FunctionType): Adapter {
  const imports = { "": { "": target as WebAssembly.ImportValue } };
  const { run, memory } = new WebAssembly.Instance(module, imports).exports as {
    run: (...references: unknown[]) => unknown;
    memory: WebAssembly.Memory;
  };
  const { params, results } = type;
  const slot = (index: number) => new DataView(memory.buffer, index * SLOT, SLOT);
  return {
    call(write) {
      const references: unknown[] = [];
      for (const [index, param] of params.entries()) {
        const reference = write(slot(index), index);
        if (param in REFERENCES) references.push(reference);
      }
      const answer = run(...references);
      const wanted = results.filter((result) => result in REFERENCES).length;
      const answers = wanted === 1 ? [answer] : wanted === 0 ? [] : [...answer as unknown[]];
      return results.map((result, index) =>
        result in REFERENCES ? { reference: answers.shift() } : slot(params.length + index)
      );
    },
  };
}

function callerOf({ params, results }: FunctionType): Uint8Array[] {
  const list = (types: readonly string[]) => [...encodeU32(types.length), ...types.map(codeOf)];
  const own = [0x60, ...list(params.filter(isReference)), ...list(results.filter(isReference))];
  const body: number[] = [];
  let reference = 0;
  for (const [index, param] of params.entries()) {
    if (isReference(param)) body.push(0x20, ...encodeU32(reference++));
    else body.push(...address(index), ...NUMBERS[param]!.load);
  }
  body.push(0x10, 0);
  // The results lie on the stack, last on top: into locals, then to memory.
  const local = (index: number) => encodeU32(reference + index);
  for (let index = results.length - 1; index >= 0; index--) body.push(0x21, ...local(index));
  for (const [index, result] of results.entries()) {
    if (isReference(result)) continue;
    body.push(...address(params.length + index), 0x20, ...local(index), ...NUMBERS[result]!.store);
  }
  for (const [index, result] of results.entries()) {
    if (isReference(result)) body.push(0x20, ...local(index));
  }
  const locals = [...encodeU32(results.length), ...results.flatMap((r) => [1, codeOf(r)])];
  return [
    section(1, [2, 0x60, ...list(params), ...list(results), ...own]),
    section(2, [1, 0, 0, 0x00, 0]),
    ...rest(1, [...locals, ...body, 0x0b]),
  ];
}

function readerOf(type: string, mutable: number): Uint8Array[] {
  const reference = isReference(type);
  const body = reference ? [0x23, 0] : [...address(0), 0x23, 0, ...NUMBERS[type]!.store];
  return [
    section(1, [1, 0x60, 0, ...(reference ? [1, codeOf(type)] : [0])]),
    section(2, [1, 0, 0, 0x03, codeOf(type), mutable]),
    ...rest(0, [0, ...body, 0x0b]),
  ];
}

/** The sections behind the imports: one function of type `type`, which is function `type` as well. */
function rest(type: number, code: number[]): Uint8Array[] {
  return [
    section(3, [1, type]),
    section(5, [1, 0, 1]),
    section(7, [2, ...encodeName("run"), 0x00, type, ...encodeName("memory"), 0x02, 0]),
    section(10, [1, ...encodeU32(code.length), ...code]),
  ];
}

function compile(sections: Uint8Array[]): WebAssembly.Module {
  const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return new WebAssembly.Module(concatBytes([preamble, ...sections]) as BufferSource);
}

function section(id: number, content: number[]): Uint8Array {
  return encodeSection(id, Uint8Array.from(content));
}

function isReference(type: string): boolean {
  return type in REFERENCES;
}

function codeOf(type: string): number {
  return NUMBERS[type]?.code ?? REFERENCES[type]!;
}

/** `i32.const` with a slot's address, as a signed LEB128. */
function address(index: number): number[] {
  const bytes = [0x41];
  let rest = index * SLOT;
  while (rest >= 64) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest];
}
