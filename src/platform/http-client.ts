import { Buffer } from "node:buffer";
import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as TlsAgent, request as requestHttps } from "node:https";
import { isIP, type Socket } from "node:net";
import { pipeline, Readable } from "node:stream";
import { Turns } from "../turns.ts";

/** Where a server listens: a socket's file, or a host and a port. */
export type HttpEndpoint =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: ClientTls | undefined };

/** How a client makes sure of its server, and shows who it is itself; all PEM. */
export interface ClientTls {
  /** Who may have signed the server's certificate; the default is whom the runtime trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whether the server's certificate is looked at. */
  readonly verify: boolean;
}

/** A request. */
export interface HttpPost {
  /** With the query: `/VolumeDriver.Create`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes are sent with their length; anything else in chunks, and never twice. */
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** Whether it may take for ever, as a log that is followed: then it keeps no other from its turn. */
  readonly isLasting?: boolean | undefined;
  /** Ends it, the answer's body too; its reason is what is thrown then. */
  readonly signal: AbortSignal;
}

/** An answer, its head read. */
export interface HttpAnswer {
  readonly status: number;
  /** To be read to its end, or to be cancelled. @throws Where the connection ends before the body. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads no more, and closes the connection. */
  cancel(): void;
}

/** How a client is made. */
export interface HttpClientOptions {
  /** A connection that nobody uses is closed after so many milliseconds. */
  readonly idleMs: number;
  /** What a connection may take to be made, TLS included, in milliseconds. */
  readonly connectMs: number;
}

/**
 * Requests at a time; more wait for their turn. A server's queue of new connections has 511 places on Node,
 * and what finds none on a socket's file fails.
 */
const MAX_REQUESTS = 256;

/**
 * Speaks HTTP/1.1 with one server, over connections that it keeps. Follows no redirect, and takes no
 * proxy from the environment.
 */
export class HttpClient {
  readonly #endpoint: HttpEndpoint;
  readonly #connectMs: number;
  readonly #kept: Agent;
  readonly #single: Agent;
  readonly #turns: Turns = new Turns(MAX_REQUESTS);

  constructor(endpoint: HttpEndpoint, { idleMs, connectMs }: HttpClientOptions) {
    this.#endpoint = endpoint;
    this.#connectMs = connectMs;
    const tls = "path" in endpoint ? undefined : endpoint.tls;
    // An agent of one's own goes by a proxy as well where NODE_USE_ENV_PROXY is set, unless told not to.
    const direct: object = { proxyEnv: {} };
    const agent = (options: object) =>
      tls === undefined
        ? new Agent({ ...direct, ...options })
        : new TlsAgent({ ...direct, ...options, ...tlsOptions(tls) });
    this.#kept = agent({ keepAlive: true, timeout: idleMs });
    this.#single = agent({ keepAlive: false });
  }

  /**
   * Sends a request and waits for the head of its answer.
   *
   * @throws What the connection failed with; the signal's reason.
   */
  async post(post: HttpPost): Promise<HttpAnswer> {
    const { body, isLasting = false, signal } = post;
    signal.throwIfAborted();
    if (isLasting || !(body instanceof Uint8Array)) return await this.#exchange(post, this.#single);
    const giveBack = await this.#turns.take(signal);
    try {
      return await this.#exchange(post, this.#kept, giveBack);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      // The server closed it while nothing was under way, as it may: that is no failure of the server.
      return await this.#exchange(post, this.#single);
    }
  }

  /** Closes all connections, also those that are in use. */
  close(): void {
    this.#kept.destroy();
    this.#single.destroy();
  }

  /** @param over Is called when the connection is free again, or gone. */
  #exchange(post: HttpPost, agent: Agent, over: () => void = () => {}): Promise<HttpAnswer> {
    let request: ClientRequest;
    try {
      request = this.#open(post, agent);
    } catch (error) {
      over();
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const { signal } = post;
      let wasKept = false;
      request.on("socket", (socket) => {
        wasKept = request.reusedSocket;
        // Deno would send the request again by itself when a kept connection ends, be it ended by us.
        request.reusedSocket = false;
        if (!wasKept) boundConnecting(request, socket, this.#connectMs);
      });
      const abort = () => {
        request.destroy(new Error("aborted"));
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      request.on("close", () => {
        signal.removeEventListener("abort", abort);
        over();
      });
      request.on("response", (response) => resolve(answerOf(request, response, signal)));
      request.on("upgrade", (_response, socket) => {
        socket.destroy();
        reject(new Error("the server wants to speak another protocol"));
      });
      request.on("error", (error: Error & { code?: string }) => {
        const ended = error.code === "ECONNRESET" || error.code === "EPIPE";
        reject(wasKept && ended ? new StaleConnection(error) : error);
      });
      send(request, post.body);
    });
  }

  #open({ path, headers, body }: HttpPost, agent: Agent): ClientRequest {
    const endpoint = this.#endpoint;
    const options = {
      method: "POST",
      agent,
      path,
      headers: {
        ...headers,
        ...(body instanceof Uint8Array ? { "Content-Length": body.length } : {}),
      },
    };
    if ("path" in endpoint) return requestHttp({ ...options, socketPath: endpoint.path });
    const { host, port, tls } = endpoint;
    if (tls === undefined) return requestHttp({ ...options, host, port });
    // Else the certificate would have to be that of the header `Host`. An address is no name to ask for.
    return requestHttps({ ...options, host, port, servername: isIP(host) === 0 ? host : "" });
  }
}

/** A kept connection that turned out to be closed, before any answer came on it. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function tlsOptions({ ca, cert, key, verify }: ClientTls): object {
  return {
    rejectUnauthorized: verify,
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function boundConnecting(request: ClientRequest, socket: Socket, ms: number): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    request.destroy(new Error(`there was no connection within ${ms / 1_000} s`));
  }, ms);
  const done = () => clearTimeout(timer);
  socket.once("encrypted" in socket ? "secureConnect" : "connect", done);
  request.once("close", done);
}

function send(request: ClientRequest, body: HttpPost["body"]): void {
  if (body instanceof Uint8Array) {
    request.end(Buffer.from(body.buffer, body.byteOffset, body.length));
  } else {
    // What its source fails with ends the request, whose own error tells.
    pipeline(Readable.from(body, { objectMode: false }), request, () => {});
  }
}

function answerOf(
  request: ClientRequest,
  response: IncomingMessage,
  signal: AbortSignal,
): HttpAnswer {
  const cancel = () => void request.destroy();
  return {
    status: response.statusCode!,
    body: {
      async *[Symbol.asyncIterator]() {
        try {
          for await (const chunk of response) yield chunk as Uint8Array;
        } catch (error) {
          throw signal.aborted ? signal.reason : error;
        } finally {
          // Whoever answers before the whole request has come will not read the rest of it.
          if (!response.complete || !request.writableFinished) cancel();
        }
      },
    },
    cancel,
  };
}
