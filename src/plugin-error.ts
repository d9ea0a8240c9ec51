/**
 * Every code that Cofferdam reports, a closed list. The part before the dot names the room that
 * found the fault; bridges map the whole list, so an addition here asks each of them for an answer.
 */
export const ERROR_CODES = [
  // bundle: the file itself, found before anything is compiled
  "bundle.malformed",
  "bundle.manifest-missing",
  "bundle.manifest-invalid",
  "bundle.manifest-doubled",
  "bundle.digest-mismatch",
  "bundle.too-large",
  // sandbox: what a guest did while it was compiled or ran
  "sandbox.module-invalid",
  "sandbox.import-unknown",
  "sandbox.timeout",
  "sandbox.fuel",
  "sandbox.depth",
  "sandbox.memory",
  "sandbox.trap",
  "sandbox.guest-error",
  "sandbox.worker-lost",
  "sandbox.closed",
  // contract: what crossed the border in either direction
  "contract.input-invalid",
  "contract.input-too-large",
  "contract.output-invalid",
  "contract.output-too-large",
  "contract.export-missing",
  "contract.not-implemented",
  "contract.kind-not-judged",
  "contract.settings-invalid",
  // capability: what a guest asked of the host, and what it was answered
  "capability.denied",
  "capability.reentrant",
  "capability.invalid",
  "capability.not-found",
  "capability.conflict",
  "capability.limit",
  "capability.timeout",
  "capability.failed",
  // trust: what the operator pinned
  "trust.unlocked",
  "trust.changed",
  "trust.writable",
  // replay: a recorded call
  "replay.malformed",
  "replay.different",
  // registry: looking a plugin up
  "registry.not-found",
  "registry.not-implements",
  "registry.duplicate-name",
  // cipd: pins, and the plugin protocol of CIPD
  "cipd.pin-invalid",
  "cipd.handshake-invalid",
  "cipd.host-lost",
  "cipd.plugin-failed",
  "cipd.check-failed",
  "cipd.closed",
  // docker: the plugin protocol of Docker
  "docker.request-invalid",
  "docker.request-too-large",
  "docker.method-unknown",
  "docker.driver-fault",
  "docker.timeout",
  "docker.socket-in-use",
  "docker.closed",
  "docker.address-invalid",
  "docker.spec-invalid",
  "docker.unreachable",
  "docker.call-failed",
  "docker.answer-invalid",
  // cni: networks and their plugins, as a runtime calls them
  "cni.config-malformed",
  "cni.config-not-found",
  "cni.version-malformed",
  "cni.version-unsupported",
  "cni.attachment-invalid",
  "cni.plugin-not-found",
  "cni.plugin-failed",
  "cni.result-malformed",
  "cni.timeout",
  "cni.cache-malformed",
  "cni.locked",
  "cni.network-invalid",
  "cni.gc-failed",
  "cni.daemon-lost",
  // input and document: finding, reading and understanding what is judged
  "input.not-found",
  "input.unreadable",
  "input.too-large",
  "input.empty",
  "document.encoding",
  "document.malformed",
  "document.duplicate-key",
  "document.number-overflow",
  "document.too-deep",
  "document.too-many-aliases",
  "document.kind-mismatch",
  // build: what an author wrote, found while a plugin is made of it
  "build.dependency-missing",
  "build.syntax-error",
  "build.type-error",
  "build.import-missing",
  "build.import-refused",
  "build.top-level-await",
  "build.too-large",
  "build.top-level-endless",
  "build.top-level-host-call",
  "build.top-level-error",
  "build.missing-global",
  "build.not-a-plugin",
  "build.contract-mismatch",
  "build.plugin-missing",
  "build.failed",
  // test: an author's cases and tests
  "test.case-invalid",
  "test.file-failed",
  "test.timeout",
  // output: what could not be written
  "output.unwritable",
  // config and usage: what the operator wrote
  "config.invalid",
  "usage.invalid",
  "call.aborted",
  "internal.error",
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Facts about an error that a program may read; plain JSON values. */
export interface ErrorDetails {
  /** 1-based line of the fault in the input. */
  readonly line?: number;
  /** 1-based column of the fault in the input, in UTF-16 code units. */
  readonly column?: number;
  /** JSON Pointer (RFC 6901) to the offending value. */
  readonly path?: string;
  readonly [key: string]: unknown;
}

/**
 * The one error of Cofferdam. The message says which action failed, on what value, and what to do;
 * it may hold text that a guest or a judged file chose, so a writer escapes it for its own format.
 */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** `value` itself when it is a PluginError, else an `internal.error` that carries it as its cause. */
  static from(value: unknown): PluginError {
    if (value instanceof PluginError) return value;
    const message = value instanceof Error ? value.message : String(value);
    return new PluginError("internal.error", message, { cause: value });
  }
}
