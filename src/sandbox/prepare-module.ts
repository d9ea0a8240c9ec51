import { CAPABILITY_MODULE } from "../capability-module.ts";
import { PluginError } from "../plugin-error.ts";
import type { ModuleOutline } from "../wasm/outline.ts";
import { offersBulk } from "./bulk.ts";
import { FUEL_SCHEDULE, meter } from "./metering/meter.ts";
import { cached } from "./module-cache.ts";
import type { GuestSpec } from "./protocol.ts";
import { renameForSdk, usesWasi } from "./sdk-import.ts";

/** A module that was rewritten and compiled. */
export interface PreparedModule {
  readonly module: WebAssembly.Module;
  readonly spec: GuestSpec;
}

/** What a module is made from. */
export interface ModuleSource {
  /** For messages. */
  readonly name: string;
  /** `sha256:<hex>` of `bytes`. */
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** Of `bytes`. */
  readonly outline: ModuleOutline;
}

/**
 * Rewrites a module so that it is bounded and compiles it, once in this process for each digest.
 *
 * @param memoryPages What its memory may grow to.
 * @throws {PluginError} `sandbox.memory`, `sandbox.module-invalid`
 */
export async function prepareModule(
  { name, digest, bytes, outline }: ModuleSource,
  memoryPages: number,
): Promise<PreparedModule> {
  const key = `${digest} ${FUEL_SCHEDULE} ${memoryPages}`;
  const { module, startCalls, resets } = await cached(key, async () => {
    const renamed = renameForSdk(bytes, outline);
    const metered = meter(name, renamed.bytes, renamed.outline, { memoryPages });
    return { ...metered, module: await compile(name, metered.bytes) };
  });
  const spec = {
    startCalls,
    resets,
    hostFunctions: outline.imports
      .filter((item) => item.module === CAPABILITY_MODULE)
      .map((item) => item.name),
    wasi: usesWasi(outline),
    bulk: offersBulk(outline),
  };
  return { module, spec };
}

async function compile(name: string, bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError("sandbox.module-invalid", `Cannot load ${name}: ${why}`, { cause });
  }
}
