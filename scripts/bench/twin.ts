import canonicalize from "canonicalize";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { QuickJS } from "quickjs-wasi";
import { buildAssemblyScript } from "../../src/build/assemblyscript.ts";
import { buildPlugin } from "../../src/build/build-plugin.ts";
import { bundleProgram, RESULT } from "../../src/build/bundle-program.ts";
import { packBundle } from "../../src/bundle/pack.ts";
import { admissionRequest } from "../../src/contract/admission.ts";
import { parseDocuments } from "../../src/document/parse.ts";
import { DEFAULT_LIMITS } from "../../src/sandbox/default-limits.ts";
import { inlineCaller } from "../../src/sandbox/inline-caller.ts";
import { prepareModule } from "../../src/sandbox/prepare-module.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { PROJECT } from "../project.ts";
import { deployment } from "./deployment.ts";
import type { System } from "./system.ts";

/** The folder of one policy in two languages. */
export const TWIN: string = join(PROJECT, "wasm-plugins", "twin");

/** The entry point that is called. */
export const ENTRY = "admission_check";

/** QuickJS, as its package brings it. */
export const QUICKJS: string = join(PROJECT, "node_modules", "quickjs-wasi", "quickjs.wasm");

/** The same policy three times. */
export interface Twins {
  readonly typescript: Uint8Array<ArrayBuffer>;
  readonly assemblyscript: Uint8Array<ArrayBuffer>;
  /** A script for QuickJS, which calls what {@link PLAIN_HOST} puts into place. */
  readonly program: string;
}

/** Builds them, without checking the types. */
export async function buildTwins(): Promise<Twins> {
  const built = await buildPlugin(join(TWIN, "policy.ts"), { checkTypes: false });
  const core = await buildAssemblyScript(TWIN);
  const source = { folder: TWIN, file: "policy.ts", tsconfig: undefined, slots: [] };
  return {
    typescript: new Uint8Array(built.bytes),
    assemblyscript: new Uint8Array(packBundle(core, built.manifest)),
    program: `${PLAIN_HOST}${(await bundleProgram(source)).code};delete globalThis.${RESULT};`,
  };
}

/** What the engine's module gives a program, as far as a policy without capabilities needs it. */
const PLAIN_HOST = `globalThis["$engine:a"] = globalThis["$engine:l"] = () => {};
globalThis["$engine:d"] = () => {};
globalThis["$engine:r"] = (dispatch) => {
  globalThis.ask = (request) => dispatch(0, JSON.parse(request));
};
`;

/** A request of about 2 KB that is denied for two reasons, as the host writes it. */
export async function twinRequest(): Promise<Uint8Array> {
  const text = new TextEncoder().encode(deployment(349));
  const [document] = await parseDocuments(text, { name: "deployment.yaml" });
  const settings = { labels: ["app.kubernetes.io/name", "app.kubernetes.io/part-of"] };
  const request = admissionRequest(document!, { settings, now: "2026-01-31T12:00:00Z" });
  return new TextEncoder().encode(canonicalize(request)!);
}

/**
 * A plugin in the sandbox, inline.
 *
 * @param fresh Whether each call gets an instance of its own, as where a guest has grown its memory.
 */
export async function sandboxed(name: string, bytes: Uint8Array, fresh: boolean): Promise<System> {
  const outline = readOutline(bytes);
  const source = { name, digest: name, bytes, outline };
  const { module, spec } = await prepareModule(source, DEFAULT_LIMITS.memoryPages);
  const prepared = { module, spec: { ...spec, resets: spec.resets && !fresh } };
  const caller = inlineCaller(name, prepared, DEFAULT_LIMITS, () => false);
  return {
    name,
    call: async (entry, input) => (await caller.call({ entry, input, options: {} })).output,
    close: () => caller.close(),
  };
}

/** One engine for all calls: what one of them leaves behind, the next one finds. */
export async function plainReused(program: string): Promise<System> {
  const engine = await QuickJS.create({ wasm: await quickjs() });
  engine.evalCode(program).dispose();
  return {
    name: "quickjs-wasi, the same context",
    call: (_entry, input) => ask(engine, input),
    close: () => Promise.resolve(engine.dispose()),
  };
}

/** An engine for each call, which evaluates the program. */
export async function plainFresh(program: string): Promise<System> {
  const wasm = await quickjs();
  return {
    name: "quickjs-wasi, a new engine, program evaluated",
    call: async (_entry, input) => {
      const engine = await QuickJS.create({ wasm });
      engine.evalCode(program).dispose();
      const output = ask(engine, input);
      engine.dispose();
      return output;
    },
    close: () => Promise.resolve(),
  };
}

/** An engine for each call, which starts from a snapshot behind the program's top level. */
export async function plainRestored(program: string): Promise<System> {
  const wasm = await quickjs();
  const first = await QuickJS.create({ wasm });
  first.evalCode(program).dispose();
  const snapshot = first.snapshot();
  first.dispose();
  return {
    name: "quickjs-wasi, a new engine from its snapshot",
    call: async (_entry, input) => {
      const engine = await QuickJS.restore(snapshot, { wasm });
      const output = ask(engine, input);
      engine.dispose();
      return output;
    },
    close: () => Promise.resolve(),
  };
}

async function quickjs(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await readFile(QUICKJS));
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

function ask(engine: QuickJS, input: Uint8Array): Uint8Array {
  using text = engine.newString(decoder.decode(input));
  using dispatch = engine.global.getProp("ask");
  using answer = engine.callFunction(dispatch, engine.undefined, text);
  return encoder.encode(answer.toString());
}
