import { PluginError } from "../plugin-error.ts";
import { callFailed } from "./answer.ts";
import { type Clock, retrying } from "./backoff.ts";
import { Bound } from "./bound.ts";
import { readBounded } from "./read-bounded.ts";
import type { PluginReply, PluginRequest, PluginTransport } from "./transport.ts";

/** One request to a plugin, and how long it may take. */
export interface Exchange {
  readonly transport: PluginTransport;
  readonly clock: Clock;
  readonly method: string;
  readonly body: PluginRequest["body"];
  readonly isLasting: boolean;
  /** Of each try, in milliseconds; `Infinity` for no end. */
  readonly timeoutMs: number;
  readonly retry: boolean;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** The client's, with the error for what is under way. */
  readonly closing: AbortSignal;
}

/** The answer to a request, which was 200, as it comes. */
export interface OpenAnswer {
  readonly body: AsyncIterable<Uint8Array>;
  /** Time counts no more. */
  stopTimer(): void;
  /** To be called once the body was read. */
  end(): void;
  /** To be called instead where it will not be read. */
  cancel(): void;
}

/** What is read of the reason that a plugin gives for not doing what it was asked, in bytes. */
const MAX_REASON_BYTES = 64 * 1024;

/**
 * Sends a request, again where no answer comes, and waits for the head of the answer.
 *
 * @throws {PluginError} `docker.call-failed` for any other status than 200; `docker.unreachable`,
 * `docker.timeout`, `docker.closed`, `call.aborted`, `usage.invalid`
 */
export async function openAnswer(exchange: Exchange): Promise<OpenAnswer> {
  const { transport, clock, method, body, isLasting, timeoutMs, retry, signal, closing } = exchange;
  const whole = new Bound().by(closing).by(signal, (cause) => givenUp(method, cause));
  const attempt = async () => {
    const bound = new Bound().by(whole.signal).after(timeoutMs, () => tooSlow(method, timeoutMs));
    try {
      const request = { method, body, isLasting, signal: bound.signal };
      return { bound, reply: await transport.send(request) };
    } catch (error) {
      bound.end();
      throw error;
    }
  };
  try {
    const mayPass = (error: unknown) => retry && isTransient(error);
    const { bound, reply } = await retrying(clock, whole.signal, attempt, mayPass);
    const end = () => {
      bound.end();
      whole.end();
    };
    if (reply.status !== 200) throw await refusalOf(method, reply, bound.signal).finally(end);
    const cancel = () => {
      reply.cancel();
      end();
    };
    return { body: reply.body, stopTimer: () => bound.stopTimer(), end, cancel };
  } catch (error) {
    whole.end();
    throw error;
  }
}

/** Whether no answer came: only then a request is made again. */
export function isTransient(error: unknown): boolean {
  return error instanceof PluginError &&
    (error.code === "docker.unreachable" || error.code === "docker.timeout");
}

/** What a plugin says to a request that it does not do; the status alone says enough. */
async function refusalOf(
  method: string,
  { status, body }: PluginReply,
  signal: AbortSignal,
): Promise<PluginError> {
  try {
    return callFailed(method, status, await readBounded(body, MAX_REASON_BYTES));
  } catch (error) {
    if (signal.aborted) throw error;
    return callFailed(method, status, undefined);
  }
}

function givenUp(method: string, cause: unknown): PluginError {
  return new PluginError("call.aborted", `The call of ${method} was given up by its caller`, {
    cause,
  });
}

function tooSlow(method: string, ms: number): PluginError {
  return new PluginError(
    "docker.timeout",
    `${method} was given up: the plugin took longer than ${ms / 1_000} s`,
    { details: { method, timeoutMs: ms } },
  );
}
