import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { HttpConnections } from "./http-connections.ts";
import type { ServerIdentity } from "./server-identity.ts";

/** A socket's file, or a host and a port; the port 0 means any. */
export type ListenAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

/** A request, its head read. */
export interface HttpRequest {
  readonly method: string;
  /** As it was written, without the query. */
  readonly path: string;
  /** The site of the web page that a browser asks for. */
  readonly origin: string | undefined;
  /** Aborts when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  /**
   * Reads the body.
   *
   * @returns undefined where it has more than `maxBodyBytes`.
   * @throws Where the client goes away.
   */
  readBody(): Promise<Uint8Array | undefined>;
}

/** An answer. */
export interface HttpReply {
  readonly status: number;
  readonly mediaType: string;
  readonly body: Uint8Array;
}

/** How a server is made. */
export interface HttpServerOptions {
  readonly address: ListenAddress;
  readonly tls?: ServerIdentity | undefined;
  readonly maxBodyBytes: number;
  readonly times?: Partial<HttpTimes> | undefined;
  /** Answers; what it throws closes the connection. */
  handle(request: HttpRequest): Promise<HttpReply>;
}

/** A server that listens. */
export interface HttpServer {
  /** The port; undefined on a socket's file. */
  readonly port: number | undefined;
  /**
   * Takes no more connections, ends those on which no request is being answered, waits for the others, and
   * ends those that take longer than `graceMs`. A request is being answered once its head is read.
   */
  close(graceMs: number): Promise<void>;
}

/** What clients may take, in milliseconds. */
export interface HttpTimes {
  /** To send the head of a request, or for the handshake of TLS. */
  readonly headMs: number;
  /** To send all of a request. */
  readonly requestMs: number;
  /** How often connections are looked at for the two. */
  readonly lookMs: number;
}

const TIMES: HttpTimes = { headMs: 10_000, requestMs: 60_000, lookMs: 2_000 };

/** Of all header lines of a request together. */
const HEAD_BYTES = 16 * 1024;

/** Of clients that are waited for by nobody else. */
const MAX_CONNECTIONS = 4_096;

/** Serves HTTP/1.1. Idle connections stay open: a client that just sends something on one must not lose it. */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { headMs, requestMs, lookMs } = { ...TIMES, ...options.times };
  const bounds = {
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
    keepAliveTimeout: 0,
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    connections.count(request.socket, response);
    void answerOne(request, response, options, connections);
  };
  const server = options.tls === undefined
    ? createServer(bounds, answer)
    : createTlsServer({ ...bounds, ...tlsOptions(options.tls), handshakeTimeout: headMs }, answer);
  const connections = new HttpConnections(server);
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.address);
  return {
    port: "path" in options.address ? undefined : (server.address() as AddressInfo).port,
    close: (graceMs) => close(server, connections, graceMs),
  };
}

function tlsOptions({ cert, key, ca }: ServerIdentity) {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ca: Buffer.from(ca),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2" as const,
  };
}

function listen(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in address ? { path: address.path } : address, () => {
      server.removeListener("error", reject);
      // An accept that fails, as for want of descriptors, ends nothing.
      server.on("error", () => {});
      resolve();
    });
  });
}

async function answerOne(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBodyBytes, handle }: HttpServerOptions,
  connections: HttpConnections,
): Promise<void> {
  const controller = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  response.on("error", () => {});
  request.on("error", () => {});
  try {
    const { status, mediaType, body } = await handle({
      method: request.method ?? "",
      path: pathOf(request.url ?? ""),
      origin: request.headers.origin,
      signal: controller.signal,
      readBody: () => readBody(request, maxBodyBytes),
    });
    // Nobody reads the rest of a body that was not wanted, nor another request at the end.
    if (!request.complete || connections.isClosing) response.setHeader("Connection", "close");
    response.writeHead(status, { "Content-Type": mediaType, "Content-Length": body.length });
    response.end(Buffer.from(body.buffer, body.byteOffset, body.length));
  } catch {
    request.destroy();
  }
}

/** Deno has the whole URL, `http+unix://%2Frun…/Plugin.Activate`, and so may any client. */
function pathOf(url: string): string {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  return start === -1 ? "" : url.slice(start).split("?", 1)[0]!;
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    request.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= maxBytes) return void chunks.push(chunk);
      request.pause();
      chunks.length = 0;
      resolve(undefined);
    });
    request.on("end", () => resolve(Buffer.concat(chunks, length)));
    request.on("close", () => reject(new Error("the client went away")));
  });
}

function close(server: Server, connections: HttpConnections, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => connections.destroy(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    connections.close();
  });
}
