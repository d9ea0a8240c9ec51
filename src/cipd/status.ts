import { sanitizeLogText } from "../capability/log-text.ts";
import type { Reason, Verdict } from "../contract/admission.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import type { RpcStatus } from "./wire.ts";

/** gRPC's codes. @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const CODE = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** A call of gRPC that did not end well, ours or the other side's. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  /** The message, where gRPC's library looks for it. */
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** What CIPD takes for a denial; the client shows every other code as a check that went wrong. */
export const DENIED: number = CODE.failedPrecondition;

type RoomOf<Code> = Code extends `${infer Room}.${string}` ? Room : never;

type Room = RoomOf<ErrorCode>;

/** Every error, by the room of its code, but for those that `BY_CODE` knows. Never 0, never a denial. */
const BY_ROOM: Readonly<Record<Room, number>> = {
  bundle: CODE.internal,
  build: CODE.internal,
  sandbox: CODE.internal,
  contract: CODE.internal,
  capability: CODE.unavailable,
  trust: CODE.permissionDenied,
  replay: CODE.internal,
  test: CODE.internal,
  registry: CODE.internal,
  input: CODE.invalidArgument,
  document: CODE.invalidArgument,
  output: CODE.internal,
  config: CODE.internal,
  usage: CODE.internal,
  cipd: CODE.unavailable,
  docker: CODE.internal,
  cni: CODE.internal,
  call: CODE.cancelled,
  internal: CODE.internal,
};

const BY_CODE: Partial<Readonly<Record<ErrorCode, number>>> = {
  "sandbox.timeout": CODE.deadlineExceeded,
  "sandbox.fuel": CODE.resourceExhausted,
  "sandbox.depth": CODE.resourceExhausted,
  "sandbox.memory": CODE.resourceExhausted,
  "sandbox.closed": CODE.aborted,
  "capability.denied": CODE.permissionDenied,
  "capability.timeout": CODE.deadlineExceeded,
  "capability.limit": CODE.resourceExhausted,
  "contract.input-too-large": CODE.resourceExhausted,
  "contract.output-too-large": CODE.resourceExhausted,
  "cipd.pin-invalid": CODE.invalidArgument,
  "cipd.closed": CODE.aborted,
};

/** The status that a host hears of a check that came to no verdict. It blocks, but is no denial. */
export function statusOfError(thrown: unknown): RpcStatus {
  const { code, message } = PluginError.from(thrown);
  const number = BY_CODE[code] ?? BY_ROOM[code.split(".")[0] as Room];
  return { code: number, message: `${shown(message)} [${code}]` };
}

/** Of what a plugin says, in UTF-16 code units: a client prints it three times. */
const MAX_MESSAGE = 4_096;

/**
 * A plugin's words for the other side, which prints them to terminals and logs as they are: in one line,
 * with nothing hidden in it.
 */
export function shown(message: string): string {
  return sanitizeLogText(message, MAX_MESSAGE);
}

/** Status of verdicts, all of which must allow; null where they do. */
export function statusOfVerdicts(verdicts: readonly Verdict[]): RpcStatus | null {
  const denials = verdicts.filter((verdict) => !verdict.allowed);
  if (denials.length === 0) return null;
  const errors = denials.flatMap(({ reasons }) => reasons).filter(isError);
  const text = errors.map(({ rule, message }) => `${message} [${rule}]`).join("; ");
  return { code: DENIED, message: shown(text) };
}

function isError({ severity }: Reason): boolean {
  return severity === "error";
}
