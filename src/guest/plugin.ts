import type { ContractName } from "../bundle/manifest.ts";
import type { Host } from "./host.ts";

/**
 * Answers one kind of request. What it returns is the answer, or a promise of it that settles without
 * anything from outside; what it throws reaches the operator with its message and stack.
 */
export type EntryPoint = (request: never, host: Host) => unknown;

/** One contract, implemented; `admission()` and its kin make it. */
export interface GuestPlugin {
  readonly contract: ContractName;
  /** By the name of the plugin's export: `admission_check`. */
  readonly exports: Readonly<Record<string, EntryPoint>>;
}
