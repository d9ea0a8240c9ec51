/**
 * Makes `src/build/engine/engine.wasm`, of which every TypeScript plugin is a snapshot: QuickJS from the
 * package `quickjs-wasi`, merged by binaryen with the two modules of ours beside it. The same packages
 * and texts give the same bytes.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import wabtInit from "wabt";
import { CAPABILITY_SLOTS, ENTRY_SLOTS } from "../src/build/engine/slots.ts";
import { CAPABILITY_MODULE } from "../src/capability-module.ts";
import { concatBytes } from "../src/concat-bytes.ts";
import { EXTERNAL_KINDS, readOutline } from "../src/wasm/outline.ts";
import { SECTION } from "../src/wasm/section.ts";
import { encodeName, encodeU32, replaceSections } from "../src/wasm/writer.ts";
import { PROJECT } from "./project.ts";
import { runCommand } from "./run-command.ts";

const FOLDER = join(PROJECT, "src", "build", "engine");
const TARGET = join(FOLDER, "engine.wasm");

/** What the meter accepts, and no more: by `--all-features` the merger writes what others refuse. */
const FEATURES = [
  "--mvp-features",
  "--enable-bulk-memory",
  "--enable-bulk-memory-opt",
  "--enable-mutable-globals",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
];

/** Exports of the merged module that the builder or a plugin uses; `build:` and `state:` ones beside. */
const KEPT = ["memory", "__stack_pointer", "cofferdam_input", "cofferdam_output"];

async function generate(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-engine-"));
  const file = (name: string) => join(folder, name);
  try {
    const glue = await readFile(join(FOLDER, "glue.wat"), "utf8");
    await writeFile(file("glue.wasm"), await assemble("glue.wat", completeGlue(glue)));
    const wasi = await readFile(join(FOLDER, "wasi.wat"), "utf8");
    await writeFile(file("wasi.wasm"), await assemble("wasi.wat", wasi));
    const quickjs = join(PROJECT, "node_modules", "quickjs-wasi", "quickjs.wasm");
    await binaryen(
      "wasm-merge",
      ...[file("glue.wasm"), "env", file("wasi.wasm"), "wasi_snapshot_preview1", quickjs, "qjs"],
      ...["-o", file("merged.wasm"), ...FEATURES],
    );
    await writeFile(file("kept.wasm"), keepExports(await readFile(file("merged.wasm"))));
    await binaryen(
      "wasm-opt",
      ...[file("kept.wasm"), "-O3", "--strip-producers"],
      // It would move the slots from the end of the imports.
      ...["--skip-pass=reorder-functions", "--strip-target-features"],
      ...["-o", file("engine.wasm"), ...FEATURES],
    );
    const engine = await readFile(file("engine.wasm"));
    checkSlots(engine);
    return engine;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The slots of capabilities and the entry points, which are lists, written out. */
function completeGlue(text: string): string {
  const slots = Array.from({ length: CAPABILITY_SLOTS }, (_, index) => index);
  const imports = slots.map((index) =>
    `(import "${CAPABILITY_MODULE}" "${index}" (func $slot:${index} (param i64) (result i64)))`
  );
  const cases = slots.map((index) =>
    `(if (i32.eq (local.get $slot) (i32.const ${index}))
       (then (return (call $slot:${index} (local.get $request)))))`
  );
  const capability = `(func $capability (param $slot i32) (param $request i64) (result i64) ${
    cases.join("\n")
  }
       (unreachable))`;
  const entries = Array.from(
    { length: ENTRY_SLOTS },
    (_, index) => `(func (export "entry:${index}") (result i32) (call $run (i32.const ${index})))`,
  );
  return text
    .replace(/;; SLOTS:.*/, imports.join("\n"))
    .replace(/;; ENTRIES:.*/, [capability, ...entries].join("\n"));
}

async function assemble(name: string, text: string): Promise<Uint8Array> {
  const wabt = await wabtInit();
  const module = wabt.parseWat(name, text, {
    bulk_memory: true,
    mutable_globals: true,
    sat_float_to_int: true,
  });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** The merged module with no other exports than the builder and plugins use. */
function keepExports(bytes: Uint8Array): Uint8Array {
  const { sections, exports } = readOutline(bytes);
  const kept = exports.filter(({ name }) =>
    KEPT.includes(name) || /^(build|state|entry):/.test(name)
  );
  const parts = kept.map(({ name, kind, index }) =>
    concatBytes([
      encodeName(name),
      Uint8Array.from([EXTERNAL_KINDS.indexOf(kind), ...encodeU32(index)]),
    ])
  );
  const content = concatBytes([Uint8Array.from(encodeU32(kept.length)), ...parts]);
  return replaceSections(bytes, sections, new Map([[SECTION.export, content]]));
}

/** What the builder relies on: the slots are the last imports, in their order. */
function checkSlots(engine: Uint8Array): void {
  const imports = readOutline(engine).imports;
  const last = imports.slice(-CAPABILITY_SLOTS);
  const inOrder = last.every(({ module, name }, index) =>
    module === CAPABILITY_MODULE && name === String(index)
  );
  const others = imports.slice(0, -CAPABILITY_SLOTS);
  if (inOrder && others.every(({ module }) => module === "extism:host/env")) return;
  throw new Error("Cannot build the engine: its slots are not the last of its imports");
}

async function binaryen(tool: string, ...args: string[]): Promise<void> {
  const path = join(PROJECT, "node_modules", "binaryen", "bin", tool);
  const { code, output } = await runCommand(process.execPath, [path, ...args]);
  if (code !== 0) throw new Error(`Cannot build the engine: ${tool} ended with ${code}\n${output}`);
}

/** Says whether the bytes are those of the texts and packages. */
export async function checkEngine(): Promise<string[]> {
  const current = await readFile(TARGET).catch(() => undefined);
  return current?.equals(await generate())
    ? []
    : ["src/build/engine/engine.wasm is not what its sources give: npm run engine"];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(TARGET, await generate());
}
