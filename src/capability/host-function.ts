import type { CapabilityName } from "../bundle/manifest.ts";
import type { BlobTable } from "./blob-table.ts";

/** Which plugin asks, as its operator named it. */
export interface PluginIdentity {
  /** Of the manifest. */
  readonly name: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  /** The operator's name for this use of the plugin; state belongs to it. */
  readonly instance: string;
}

/**
 * The call of a guest that a host function serves. One object for the whole call: what a call may use
 * up is counted by it.
 */
export interface HostCall {
  /** The export that was called: `volume_create`. */
  readonly entry: string;
  /** The time that the guest sees, RFC 3339 in UTC. */
  readonly now: string;
  /** Aborts at the call's deadline, when its caller gives up, and when the host or the plugin closes. */
  readonly signal: AbortSignal;
  /** What the caller handed over for this call. */
  readonly blobs: BlobTable;
  /** The network namespace of the container that the call is about, as its caller named it. */
  readonly netns?: string | undefined;
  /** Tells the operator why a function failed in the host, which its guest is not told. */
  readonly report?: ((name: string, cause: unknown) => void) | undefined;
}

/**
 * A function that a guest can import from `CAPABILITY_MODULE`, `(i64) -> i64`: a block in, a
 * block out. Answered on the host's main thread, while the guest waits in its own.
 */
export interface HostFunction {
  readonly capability: CapabilityName;
  /** As a guest imports it: `state_get`. */
  readonly name: string;
  /**
   * Never throws for what a guest asks: a refusal is an answer, `{"error":{"code","message"}}`.
   * What it throws all the same ends the call with that error.
   */
  answer(request: Uint8Array, call: HostCall): Promise<Uint8Array>;
}

/** A capability that was opened for one plugin. */
export interface OpenedCapability {
  readonly functions: readonly HostFunction[];
  /** What the operator should know of this grant, a sentence each: it runs a shell, and the like. */
  readonly warnings?: readonly string[];
  /** Ends what the functions started. */
  close(): Promise<void>;
}

/** One capability: what it is called, and what a grant of it gives. */
export interface Capability<Grant> {
  readonly name: CapabilityName;
  /** The functions that it can give. */
  readonly functions: readonly string[];
  /**
   * Opens it for one plugin.
   *
   * @throws {PluginError} `config.invalid` for a grant that cannot be used
   */
  open(grant: Grant, plugin: PluginIdentity): Promise<OpenedCapability>;
}
