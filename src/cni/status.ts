import { sanitizeLogText } from "../capability/log-text.ts";
import { CNI_ERROR_CODES as CODE, type CniFault, MAX_FAULT_TEXT } from "../contract/cni-fault.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";

/** What a runtime is to be told as it stands: a check of ours, or the words of a plugin. */
export class FaultError extends Error {
  override readonly name = "FaultError";
  readonly fault: CniFault;

  constructor(code: number, msg: string, details?: string) {
    super(msg);
    this.fault = { code, msg, ...(details ? { details } : {}) };
  }
}

type RoomOf<Code> = Code extends `${infer Room}.${string}` ? Room : never;

type Room = RoomOf<ErrorCode>;

/**
 * Every error, by the room of its code, but for those that `BY_CODE` knows. A plugin that cannot be
 * loaded is not available (50), which is what STATUS is asked for; what went wrong while it ran has the
 * code that native plugins have for errors of theirs without one (999).
 */
const BY_ROOM: Readonly<Record<Room, number>> = {
  bundle: CODE.notAvailable,
  build: CODE.internal,
  sandbox: CODE.internal,
  contract: CODE.internal,
  capability: CODE.internal,
  trust: CODE.notAvailable,
  replay: CODE.internal,
  test: CODE.internal,
  registry: CODE.notAvailable,
  input: CODE.notAvailable,
  document: CODE.notAvailable,
  output: CODE.notAvailable,
  config: CODE.notAvailable,
  usage: CODE.notAvailable,
  cipd: CODE.internal,
  docker: CODE.internal,
  cni: CODE.internal,
  call: CODE.tryAgainLater,
  internal: CODE.internal,
};

const BY_CODE: Partial<Readonly<Record<ErrorCode, number>>> = {
  "sandbox.module-invalid": CODE.notAvailable,
  "sandbox.import-unknown": CODE.notAvailable,
  "sandbox.timeout": CODE.tryAgainLater,
  "sandbox.worker-lost": CODE.tryAgainLater,
  "sandbox.closed": CODE.tryAgainLater,
  // What the guest itself is refused, it hears; this is a plugin that did not load.
  "capability.denied": CODE.notAvailable,
  "capability.timeout": CODE.tryAgainLater,
  "capability.conflict": CODE.tryAgainLater,
  "contract.input-invalid": CODE.invalidNetworkConfig,
  "contract.input-too-large": CODE.invalidNetworkConfig,
  "contract.export-missing": CODE.notAvailable,
  "contract.not-implemented": CODE.notAvailable,
  "contract.settings-invalid": CODE.notAvailable,
  "cni.config-malformed": CODE.invalidNetworkConfig,
  "cni.network-invalid": CODE.invalidNetworkConfig,
  "cni.attachment-invalid": CODE.invalidEnvironment,
  "cni.plugin-not-found": CODE.notAvailable,
  "cni.timeout": CODE.tryAgainLater,
  "cni.locked": CODE.tryAgainLater,
  "cni.version-malformed": CODE.decodingFailure,
  "cni.version-unsupported": CODE.incompatibleVersion,
  "cni.daemon-lost": CODE.tryAgainLater,
};

/**
 * What a runtime is told of an error: runtimes show `msg; details`. A plugin's own words are whole.
 *
 * @param thrown A {@link FaultError} as it is; a `PluginError` by its code, which stands in `details`.
 */
export function faultOf(thrown: unknown): CniFault {
  if (thrown instanceof FaultError) return thrown.fault;
  const { code, message } = PluginError.from(thrown);
  const number = BY_CODE[code] ?? BY_ROOM[code.split(".")[0] as Room];
  return { code: number, msg: shown(message), details: code };
}

/** The answer of a plugin that could not do it, fit to be shown; like native ones, without `cniVersion`. */
export function faultOfPlugin({ code, msg, details }: CniFault): CniFault {
  return { code, msg: shown(msg), ...(details ? { details: shown(details) } : {}) };
}

/** Runtimes print it to terminals and logs as it is: in one line, with nothing hidden in it. */
function shown(text: string): string {
  return sanitizeLogText(text, MAX_FAULT_TEXT);
}
