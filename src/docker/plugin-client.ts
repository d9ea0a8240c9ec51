import type { JsonValue } from "../json.ts";
import { createSharedController } from "../platform/abort-controller.ts";
import type { ClientTls } from "../platform/http-client.ts";
import { PluginError } from "../plugin-error.ts";
import { endpointOf } from "./address.ts";
import { readAnswer, unusableAnswer } from "./answer.ts";
import { answerShape } from "./answer-shape.ts";
import { type Clock, REAL_CLOCK } from "./backoff.ts";
import { type OpenAnswer, openAnswer } from "./exchange.ts";
import { httpTransport } from "./http-transport.ts";
import { readBounded } from "./read-bounded.ts";
import { Source } from "./source.ts";
import type { PluginRequest, PluginTransport } from "./transport.ts";
import { encodeJson } from "./wire.ts";

/** How a client is made. */
export interface PluginClientOptions {
  /** For `https`. Without it, whom the runtime trusts must have signed the plugin's certificate. */
  readonly tls?: Partial<ClientTls> | undefined;
  /** What each try of a call may take; see {@link CallOptions}. The default is 120,000. */
  readonly timeoutMs?: number | undefined;
  /** What an answer may have, in bytes, but for a stream's. The default is 16 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  /** The time between tries; a test has its own. */
  readonly clock?: Clock | undefined;
}

/** How one call is made. */
export interface CallOptions {
  /** Gives it up; the plugin may have done it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What each try may take in milliseconds, the body of the answer included; `Infinity` for no end. One
   * that was too slow is followed by another only within the 30 s that all tries have together.
   */
  readonly timeoutMs?: number | undefined;
  /** Whether it is tried again where no answer comes. The default is true. */
  readonly retry?: boolean | undefined;
  /** Fields of an answer that Docker does not know, for them to be read in any case. */
  readonly fields?: readonly string[] | undefined;
}

/** What Docker waits for the slowest of its calls that have an end, in milliseconds. */
const TIMEOUT_MS = 120_000;

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Calls a plugin of Docker's, as the daemon does. Close it when done: its connections belong to it. */
export class PluginClient {
  readonly #transport: PluginTransport;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #clock: Clock;
  readonly #closing: AbortController = createSharedController();

  /**
   * @param plugin `unix:///run/docker/plugins/a.sock`, `tcp://host:port`, `http://…`, `https://…`; or
   * what reaches it otherwise.
   * @throws {PluginError} `docker.address-invalid`
   */
  constructor(plugin: string | PluginTransport, options: PluginClientOptions = {}) {
    this.#transport = typeof plugin === "string"
      ? httpTransport(plugin, endpointOf(plugin, { verify: true, ...options.tls }))
      : plugin;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    this.#clock = options.clock ?? REAL_CLOCK;
  }

  /**
   * Calls a method. Where no answer comes, it is called again, for up to 30 s and with the same body; a
   * plugin may so be asked twice for what it has done.
   *
   * @param method `VolumeDriver.Create`
   * @param args JSON; nothing is sent where it is undefined.
   * @returns The answer, its `Err` included: with a status of 200, that is the caller's to read.
   * @throws {PluginError} `docker.call-failed` for any other status, in the plugin's own words
   * (`isNotFound` tells a 404); `docker.unreachable`, `docker.timeout`, `docker.answer-invalid`,
   * `docker.closed`, `call.aborted`, `usage.invalid`
   */
  async call(method: string, args?: unknown, options: CallOptions = {}): Promise<JsonValue> {
    const answer = await this.#open(method, bodyOf(method, args), options);
    return await this.#read(method, answer, options);
  }

  /** As {@link call}, for a method whose answer says nothing: it may as well be empty. */
  async notify(method: string, args?: unknown, options: CallOptions = {}): Promise<void> {
    await this.#collect(method, await this.#open(method, bodyOf(method, args), options));
  }

  /**
   * Calls a method whose answer is not JSON. Time counts until the answer begins.
   *
   * @returns The body as it comes. To be read or cancelled; it fails with the signal and with the client.
   * @throws {PluginError} as {@link call}; reading as well
   */
  async stream(
    method: string,
    args?: unknown,
    options: Omit<CallOptions, "fields"> = {},
  ): Promise<ReadableStream<Uint8Array>> {
    // As in Docker, which sends nothing as `null` here.
    const answer = await this.#open(method, bodyOf(method, args ?? null), options, true);
    answer.stopTimer();
    return streamOf(answer);
  }

  /**
   * Sends bytes as they are. They are there once, so it is not tried again; and it may take what time it
   * takes, unless told otherwise.
   *
   * @param method A query may stand behind it: `GraphDriver.ApplyDiff?id=a`.
   * @throws {PluginError} as {@link call}; `input.unreadable` where `data` fails
   */
  async sendFile(
    method: string,
    data: AsyncIterable<Uint8Array>,
    options: Omit<CallOptions, "retry"> = {},
  ): Promise<JsonValue> {
    const source = new Source(method, data);
    try {
      const once = { timeoutMs: Infinity, ...options, retry: false };
      return await this.#read(method, await this.#open(method, source, once), options);
    } catch (error) {
      throw source.fault ?? error;
    }
  }

  /** Ends all connections; what is under way is rejected with `docker.closed`, and what comes later. */
  async close(): Promise<void> {
    const reason = new PluginError("docker.closed", "Cannot call the plugin: its client is closed");
    this.#closing.abort(reason);
    await this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(
    method: string,
    body: PluginRequest["body"],
    { signal, timeoutMs = this.#timeoutMs, retry = true }: CallOptions,
    isLasting = false,
  ): Promise<OpenAnswer> {
    if (!(timeoutMs > 0)) {
      throw new PluginError(
        "usage.invalid",
        `Cannot call ${method} with timeoutMs ${timeoutMs}: wanted more than 0`,
      );
    }
    const [transport, clock, closing] = [this.#transport, this.#clock, this.#closing.signal];
    return await openAnswer(
      { transport, clock, closing, method, body, isLasting, timeoutMs, retry, signal },
    );
  }

  async #read(method: string, answer: OpenAnswer, { fields }: CallOptions): Promise<JsonValue> {
    return readAnswer(await this.#collect(method, answer), method, answerShape(method, fields));
  }

  async #collect(method: string, { body, end, cancel }: OpenAnswer): Promise<Uint8Array> {
    try {
      const bytes = await readBounded(body, this.#maxAnswerBytes);
      if (bytes !== undefined) return bytes;
      cancel();
      throw unusableAnswer(method, `it has more than ${this.#maxAnswerBytes} bytes`);
    } finally {
      end();
    }
  }
}

function bodyOf(method: string, args: unknown): Uint8Array {
  if (args === undefined) return new Uint8Array();
  try {
    if (JSON.stringify(args) !== undefined) return encodeJson(args);
  } catch {
    // Said below.
  }
  throw new PluginError("usage.invalid", `Cannot call ${method}: what it is sent is no JSON`);
}

function streamOf({ body, end, cancel }: OpenAnswer): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await chunks.next();
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    cancel,
  }, { highWaterMark: 0 });
}
