import { sanitizeLogText } from "../capability/log-text.ts";
import { type DriverFault, isDriverFault } from "../contract/driver-fault.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { type DockerReply, encodeJson } from "./wire.ts";

/**
 * What a driver answered that did what it was asked.
 *
 * @throws {PluginError} `docker.driver-fault` for one that could not; `details.fault` is its own code
 */
export function answered<Answer>(answer: Answer | DriverFault): Answer {
  if (!isDriverFault(answer)) return answer;
  const { code, message } = answer.error;
  throw new PluginError("docker.driver-fault", message, { details: { fault: code } });
}

/**
 * The status of every error. Docker takes all but 200 for a failure and shows `Err`; what tells them
 * apart is for other clients, but for 404: there, Docker goes on as if the method were none of the
 * plugin's. So no driver's fault is a 404, not even that of something which is not there.
 */
const STATUS: Partial<Readonly<Record<ErrorCode, number>>> = {
  "docker.request-invalid": 400,
  "docker.request-too-large": 413,
  "docker.method-unknown": 404,
  "docker.timeout": 504,
  "docker.closed": 503,
  "contract.input-invalid": 400,
};

const FAILED = 500;

/** Of what a plugin says, in UTF-16 code units. */
const MAX_MESSAGE = 4_096;

/**
 * A plugin's words for Docker, or for who calls it, who print them to terminals and logs as they are: in
 * one line, with nothing hidden in it.
 */
export function shown(message: string): string {
  return sanitizeLogText(message, MAX_MESSAGE);
}

/**
 * What Docker hears of a call that failed. Never a 200, though Docker would read an `Err` there as well:
 * an authorization's is ignored, and other clients of volume plugins look at nothing but the status.
 * `Error` is what Docker reads of an IpamDriver.
 */
export function replyOfError(thrown: unknown): DockerReply {
  const { code, message } = PluginError.from(thrown);
  const text = code === "docker.driver-fault" ? shown(message) : `${shown(message)} [${code}]`;
  return { status: STATUS[code] ?? FAILED, body: encodeJson({ Err: text, Error: text }) };
}
