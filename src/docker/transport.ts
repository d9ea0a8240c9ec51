/** A request, whatever it goes through. */
export interface PluginRequest {
  /** `VolumeDriver.Create`; a query may stand behind it. */
  readonly method: string;
  /** What is no array of bytes is sent once, and never again. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Whether its answer may go on for ever. */
  readonly isLasting?: boolean | undefined;
  /** Ends it, and the answer's body; its reason is what is thrown then. */
  readonly signal: AbortSignal;
}

/** An answer, its body still to be read. */
export interface PluginReply {
  readonly status: number;
  /** Read to its end, or cancelled. @throws {PluginError} `docker.answer-invalid` where it breaks off */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

/** What a plugin is reached through: a socket, or a bundle's handler. */
export interface PluginTransport {
  /**
   * Sends one request, once.
   *
   * @throws {PluginError} `docker.unreachable` where no answer comes; `usage.invalid` for what is no method;
   * the signal's reason
   */
  send(request: PluginRequest): Promise<PluginReply>;
  /** Ends what it holds. */
  close(): void | Promise<void>;
}
