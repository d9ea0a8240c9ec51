import type { CallOptions, CallResult } from "../sandbox/sandbox.ts";

/** How a guest's export is called; the time is always said. */
export type GuestCallOptions = CallOptions & { readonly now: string };

/**
 * The part of a loaded module that calls go through. What guards, records or replays calls takes one
 * and gives one.
 */
export interface Callable {
  /** @throws {PluginError} whose `details.fuel` says what was used, where that is known */
  call(entry: string, input: Uint8Array, options: GuestCallOptions): Promise<CallResult>;
}
