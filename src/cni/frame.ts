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

/** Encodes a {@link CniRequest}. */
export function encodeCall({ type, environment, stdin }: CniRequest): Uint8Array {
  const variables = CNI_VARIABLES.map((name) => `${name}=${environment[name]}\0`);
  return encodeParts([], [encoder.encode(`${type}\0${variables.join("")}`), stdin]);
}

/**
 * How long a request is that begins so; undefined where more of it is needed to tell.
 *
 * @throws {Error} for one that is too long
 */
export function callLength(beginning: Uint8Array): number | undefined {
  if (beginning.length < LENGTHS) return undefined;
  const [environment, stdin] = lengthsAt(0, beginning);
  if (environment > MAX_ENVIRONMENT_BYTES || stdin > LIMITS.cniStdinBytes + 1) {
    throw new Error(`a request of ${environment} and ${stdin} bytes`);
  }
  return LENGTHS + environment + stdin;
}

/** Decodes what has the length that {@link callLength} says. */
export function decodeCall(bytes: Uint8Array): CniRequest {
  const [text, stdin] = partsAt(0, bytes);
  const [type = "", ...variables] = decoder.decode(text).split("\0");
  const named = variables.map((variable): [string, string] => {
    const at = variable.indexOf("=");
    return [variable.slice(0, at), variable.slice(at + 1)];
  });
  return { type, environment: cniEnvironment(Object.fromEntries(named)), stdin };
}

/** Encodes a {@link CniReply}. */
export function encodeReply({ exitCode, stdout, stderr }: CniReply): Uint8Array {
  return encodeParts([exitCode], [encoder.encode(stderr), encoder.encode(stdout)]);
}

/** Decodes a {@link CniReply}; undefined for one that is not whole. */
export function decodeReply(bytes: Uint8Array): CniReply | undefined {
  if (bytes.length < 1 + LENGTHS) return undefined;
  const [errors, output] = lengthsAt(1, bytes);
  if (bytes.length !== 1 + LENGTHS + errors + output) return undefined;
  const [stderr, stdout] = partsAt(1, bytes);
  return {
    exitCode: bytes[0] === 0 ? 0 : 1,
    stderr: decoder.decode(stderr),
    stdout: decoder.decode(stdout),
  };
}

type Pair<T> = readonly [first: T, second: T];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What two lengths take. */
const LENGTHS = 8;

/** What stands before them, two lengths, and what is so long. */
function encodeParts(before: readonly number[], [first, second]: Pair<Uint8Array>): Uint8Array {
  const at = before.length + LENGTHS;
  const bytes = new Uint8Array(at + first.length + second.length);
  const view = new DataView(bytes.buffer);
  bytes.set(before);
  view.setUint32(before.length, first.length, true);
  view.setUint32(before.length + 4, second.length, true);
  bytes.set(first, at);
  bytes.set(second, at + first.length);
  return bytes;
}

function lengthsAt(at: number, bytes: Uint8Array): Pair<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [view.getUint32(at, true), view.getUint32(at + 4, true)];
}

function partsAt(at: number, bytes: Uint8Array): Pair<Uint8Array> {
  const [first] = lengthsAt(at, bytes);
  const parts = bytes.subarray(at + LENGTHS);
  return [parts.subarray(0, first), parts.subarray(first)];
}
