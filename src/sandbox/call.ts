import type { BlobTable } from "../capability/blob-table.ts";
import type { HostFunction } from "../capability/host-function.ts";
import type { LogLine } from "../capability/log.ts";
import { PluginError } from "../plugin-error.ts";
import type { CallResult } from "./protocol.ts";

/** How a call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The time that the guest sees, RFC 3339 in UTC; the default is the time of the call. */
  readonly now?: string | undefined;
  /** What the guest may read and write by handle. */
  readonly blobs?: BlobTable | undefined;
  /** The network namespace of the container that the call is about. */
  readonly netns?: string | undefined;
  /** For this call, in place of the functions of the same names that the module was loaded with. */
  readonly functions?: readonly HostFunction[] | undefined;
  /** Hears the guest's log, bounded and fit to be shown; without it, nobody does. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

/** A call on its way. */
export interface Call {
  readonly entry: string;
  readonly input: Uint8Array;
  readonly options: CallOptions;
}

/** Makes calls of one loaded guest, in one of the two modes. */
export interface Caller {
  call(call: Call): Promise<CallResult>;
  /**
   * Ends what runs and frees what the guest holds, in every thread; what waits and what comes later is
   * rejected with `sandbox.closed`.
   */
  close(): Promise<void>;
}

/** Whoever listens must not disturb the guest. */
export function tellListener({ onLog }: CallOptions, line: LogLine): void {
  try {
    onLog?.(line);
  } catch {
    // The listener's own fault, which nobody here can tell anyone.
  }
}

/** A call that its caller gave up. */
export function aborted({ label, signal }: {
  /** Names it: `"admission_check" of image-policy`. */
  readonly label: string;
  readonly signal?: AbortSignal | undefined;
}): PluginError {
  return new PluginError("call.aborted", `The call was given up by its caller: ${label}`, {
    cause: signal?.reason,
  });
}

/** A call that came after the end, of the host or of the plugin alone. */
export function closed(what: "host" | "plugin" = "host"): PluginError {
  return new PluginError("sandbox.closed", `Cannot call the plugin: the ${what} is closed`);
}
