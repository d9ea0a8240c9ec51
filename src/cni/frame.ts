/**
 * What an executable and the daemon say to each other on a socket, one call for each connection:
 *
 * - the daemon, as soon as it has accepted: {@link GREETING}. Until then nothing is lost;
 * - the executable: the length of the environment and that of standard input, each a `u32`; the
 *   environment, texts that each end with NUL: the type, then `NAME=value`; standard input;
 * - the daemon: the exit code, a byte; the length of standard error and that of standard output, each a
 *   `u32`; both.
 *
 * Numbers are little-endian. Either side gives the call up by closing the connection.
 *
 * @module
 */
import { LIMITS } from "../limits.ts";
import type { CniReply } from "./call.ts";
import { CNI_VARIABLES, type CniEnvironment, cniEnvironment } from "./environment.ts";

/** Says which protocol this is; whoever knows it not hangs up. */
export const GREETING: Uint8Array = new TextEncoder().encode("CNI1");

/** One call, as an executable hands it over. */
export interface CniRequest {
  /** The executable's name. */
  readonly type: string;
  readonly environment: CniEnvironment;
  readonly stdin: Uint8Array;
}

/** Of all variables together; the kernel takes no more of one. */
const MAX_ENVIRONMENT_BYTES = 1024 * 1024;

const REQUEST_HEAD = 8;
const REPLY_HEAD = 9;

/** Encodes a {@link CniRequest}. */
export function encodeCall({ type, environment, stdin }: CniRequest): Uint8Array {
  const variables = CNI_VARIABLES.map((name) => `${name}=${environment[name]}\0`);
  const text = new TextEncoder().encode(`${type}\0${variables.join("")}`);
  const bytes = new Uint8Array(REQUEST_HEAD + text.length + stdin.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, stdin.length, true);
  bytes.set(text, REQUEST_HEAD);
  bytes.set(stdin, REQUEST_HEAD + text.length);
  return bytes;
}

/**
 * How long a request is that begins so; undefined where more of it is needed to tell.
 *
 * @throws {Error} for one that is too long
 */
export function callLength(beginning: Uint8Array): number | undefined {
  if (beginning.length < REQUEST_HEAD) return undefined;
  const { environment, stdin } = lengthsOf(beginning);
  if (environment > MAX_ENVIRONMENT_BYTES || stdin > LIMITS.cniStdinBytes + 1) {
    throw new Error(`a request of ${environment} and ${stdin} bytes`);
  }
  return REQUEST_HEAD + environment + stdin;
}

/** Decodes what has the length that {@link callLength} says. */
export function decodeCall(bytes: Uint8Array): CniRequest {
  const end = REQUEST_HEAD + lengthsOf(bytes).environment;
  const text = new TextDecoder().decode(bytes.subarray(REQUEST_HEAD, end));
  const [type = "", ...variables] = text.split("\0");
  const named = variables.map((variable): [string, string] => {
    const at = variable.indexOf("=");
    return [variable.slice(0, at), variable.slice(at + 1)];
  });
  return {
    type,
    environment: cniEnvironment(Object.fromEntries(named)),
    stdin: bytes.subarray(end),
  };
}

function lengthsOf(bytes: Uint8Array): { environment: number; stdin: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { environment: view.getUint32(0, true), stdin: view.getUint32(4, true) };
}

/** Encodes a {@link CniReply}. */
export function encodeReply({ exitCode, stdout, stderr }: CniReply): Uint8Array {
  const [errors, output] = [stderr, stdout].map((text) => new TextEncoder().encode(text)) as [
    Uint8Array,
    Uint8Array,
  ];
  const bytes = new Uint8Array(REPLY_HEAD + errors.length + output.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, exitCode);
  view.setUint32(1, errors.length, true);
  view.setUint32(5, output.length, true);
  bytes.set(errors, REPLY_HEAD);
  bytes.set(output, REPLY_HEAD + errors.length);
  return bytes;
}

/** Decodes a {@link CniReply}; undefined for one that is not whole. */
export function decodeReply(bytes: Uint8Array): CniReply | undefined {
  if (bytes.length < REPLY_HEAD) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const output = REPLY_HEAD + view.getUint32(1, true);
  if (bytes.length !== output + view.getUint32(5, true)) return undefined;
  const decoder = new TextDecoder();
  return {
    exitCode: view.getUint8(0) === 0 ? 0 : 1,
    stderr: decoder.decode(bytes.subarray(REPLY_HEAD, output)),
    stdout: decoder.decode(bytes.subarray(output)),
  };
}
