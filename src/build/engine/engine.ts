import { packageFolder } from "../../platform/package.ts";
import { readFileBounded } from "../../platform/file-system.ts";
import { type ModuleOutline, readOutline } from "../../wasm/outline.ts";

/** The module that every plugin in TypeScript is a snapshot of. */
export interface Engine {
  readonly bytes: Uint8Array;
  readonly outline: ModuleOutline;
}

const MAX_BYTES = 4 * 1024 * 1024;

let engine: Promise<Engine> | undefined;

/** Reads the engine from the package; once in this process. */
export function loadEngine(): Promise<Engine> {
  return engine ??= readEngine();
}

async function readEngine(): Promise<Engine> {
  const path = `${packageFolder()}/src/build/engine/engine.wasm`;
  const bytes = await readFileBounded(path, MAX_BYTES);
  return { bytes, outline: readOutline(bytes) };
}
