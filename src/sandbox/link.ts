import type { ExtismPluginOptions } from "@extism/extism";
import { CAPABILITY_MODULE } from "../capability-module.ts";
import { withoutExperimentalWarnings } from "../platform/warning.ts";
import { EXTISM_ENV } from "./kernel/kernel.ts";
import { EXTISM_ALIAS, WASI_ALIAS } from "./sdk-import.ts";

/** Functions by the names that a guest imports. */
type Functions = Readonly<Record<string, unknown>>;

/** What a guest may import, by module. */
export interface Links {
  readonly extism: Functions;
  readonly capabilities: Functions;
  readonly wasi: Functions;
}

/**
 * Instantiates a guest by the SDK.
 *
 * @throws what the engine throws, for a data segment outside of the memory for instance
 */
export async function instantiate(
  module: WebAssembly.Module,
  { extism, capabilities, wasi }: Links,
): Promise<{ readonly exports: WebAssembly.Exports }> {
  const createPlugin = await loadExtism();
  const options: ExtismPluginOptions = {
    useWasi: false,
    functions: {
      [EXTISM_ENV]: asGiven(extism),
      [EXTISM_ALIAS]: asGiven(extism),
      [CAPABILITY_MODULE]: asGiven(capabilities),
      [WASI_ALIAS]: asGiven(wasi),
    },
    config: {},
    allowedHosts: [],
    // Never called; the default would load the runtime's own, which takes longer than the SDK itself.
    fetch: () => Promise.reject(new Error("there is no network here")),
    logLevel: "silent",
  };
  // The bare module: to tell a manifest from a response, the SDK would load the runtime's `Response`.
  const plugin = await createPlugin(module, options);
  // Never the exports themselves: a promise would call one that is named "then".
  const { exports } = await plugin.getInstance();
  return { exports };
}

let extism: Promise<typeof import("@extism/extism")> | undefined;

/** Loads the SDK, which imports node:wasi; that warns on stderr, and we use none of it. */
export async function loadExtism(): Promise<typeof import("@extism/extism").default> {
  extism ??= withoutExperimentalWarnings(() => import("@extism/extism"));
  return (await extism).default;
}

/**
 * Functions that the SDK links as they are. It would wrap each one by `bind`, to put its own context
 * before the arguments; then a guest's call of the kernel would leave Wasm, which takes ten times as
 * long. Extism is pinned to one version, and functions that got a context would fail every test.
 */
function asGiven(functions: Functions): Record<string, never> {
  for (const linked of Object.values(functions)) {
    Object.defineProperty(linked, "bind", { value: () => linked, configurable: true });
  }
  return functions as Record<string, never>;
}
