/** The rewriter as the sandbox calls it, with its refusals told from its faults. */
import { PluginError } from "../../../src/plugin-error.ts";
import {
  meter,
  type MeteredModule,
  type MeterOptions,
} from "../../../src/sandbox/metering/meter.ts";
import { type ModuleOutline, readOutline } from "../../../src/wasm/outline.ts";

/** A module as it was and as it became. */
export interface Rewritten {
  readonly outline: ModuleOutline;
  readonly metered: MeteredModule;
}

/** A module that the rewriter does not take, and why in words that group alike modules. */
export interface Refused {
  readonly refused: string;
}

/** Whether this is a refusal. */
export function isRefused<T extends object>(value: T | Refused): value is Refused {
  return "refused" in value;
}

/**
 * Rewrites one module.
 *
 * @throws {Error} Whatever is not a `PluginError`: the rewriter itself is at fault.
 */
export function rewrite(bytes: Uint8Array, options: MeterOptions): Rewritten | Refused {
  try {
    const outline = readOutline(bytes);
    return { outline, metered: meter("test", bytes, outline, options) };
  } catch (error) {
    if (error instanceof PluginError) return { refused: reasonOf(error) };
    throw error;
  }
}

/** What has no name yet, by the later feature that it comes from. */
const FEATURES: readonly (readonly [RegExp, string])[] = [
  [/type form|(?:table|value) type 0x6[5a-e]/, "gc"],
  [/(?:table|value) type 0x6[34]|table type 0x40/, "typed function references"],
  [/external kind 4 |section id 13 /, "exceptions"],
  [/external kind 32 /, "custom descriptors"],
  [/it has \d+ memories/, "multi-memory"],
  [/instruction 0xfc/, "wide arithmetic"],
  [/shared or 64-bit/, "threads, memory64 or custom page sizes"],
];

/** The feature, or the message without what differs from module to module. */
function reasonOf({ message }: PluginError): string {
  const feature = FEATURES.find(([pattern]) => pattern.test(message));
  if (feature !== undefined) return feature[1];
  return message
    .replace(/^Cannot read the Wasm file: /, "")
    .replace(/^Cannot load (?:test|the plugin): (?:it (?:uses )?)?/, "")
    .replace(/ \(.*\); only functions may be imported$/s, "")
    .replace(/ \([^()]*\)/g, "")
    .replace(/ at byte \d+/g, "")
    .replace(/\b\d+\b(?!-)/g, "N");
}
