import { type ModuleOutline, readOutline } from "../wasm/outline.ts";
import { renameImports } from "../wasm/rename-imports.ts";
import { SECTION } from "../wasm/section.ts";
import { replaceSections } from "../wasm/writer.ts";
import { EXTISM_ENV } from "./kernel/kernel.ts";
import { WASI_MODULE } from "./wasi/wasi-signature.ts";

/** What {@link WASI_MODULE} is called in a module that the SDK instantiates. */
export const WASI_ALIAS = "cofferdam:wasi";

/** What {@link EXTISM_ENV} is called there, where the module imports `http_request`. */
export const EXTISM_ALIAS = "cofferdam:extism";

/** True when a module imports anything of WASI. */
export function usesWasi({ imports }: ModuleOutline): boolean {
  return imports.some((item) => item.module === WASI_MODULE);
}

/**
 * The module with those imports renamed to which the SDK links functions of its own, whatever else it
 * is given: WASI, which becomes the runtime's; and in engines that can suspend a guest (JSPI: Deno,
 * newer Nodes) `http_request`, which becomes the SDK's own, with `fetch` behind it.
 *
 * @param outline Of `bytes`.
 * @returns The module and its outline, the same ones where there is nothing to rename.
 */
export function renameForSdk(
  bytes: Uint8Array,
  outline: ModuleOutline,
): { bytes: Uint8Array; outline: ModuleOutline } {
  const { sections } = outline;
  const names = new Map<string, string>();
  if (usesWasi(outline)) names.set(WASI_MODULE, WASI_ALIAS);
  if (outline.imports.some((item) => item.name === "http_request")) {
    names.set(EXTISM_ENV, EXTISM_ALIAS);
  }
  if (names.size === 0) return { bytes, outline };
  const imports = renameImports(bytes, sections, names)!;
  const renamed = replaceSections(bytes, sections, new Map([[SECTION.import, imports]]));
  return { bytes: renamed, outline: readOutline(renamed) };
}
