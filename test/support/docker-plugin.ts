import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createRawServer, type Socket } from "node:net";
import type { Clock } from "../../src/docker/backoff.ts";

/** What a plugin was sent. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A plugin of Docker's on a socket or a port of its own. */
export interface TestPlugin {
  /** `unix://…`, `http://127.0.0.1:…` or `https://127.0.0.1:…` */
  readonly address: string;
  readonly received: readonly Received[];
  /** How many connections were made to it. */
  connections(): number;
  /** Ends it with all of its connections; again is fine. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers one request; `count` is 1 for the first of all. */
export type React = (
  request: Received,
  response: ServerResponse,
  count: number,
) => void | Promise<void>;

/** Where a plugin listens: on a socket's path, or on any port of 127.0.0.1, with TLS where that is given. */
export type Where = string | { readonly tls?: object };

/** Starts a plugin that reads each request whole. */
export async function startPlugin(where: Where, react: React): Promise<TestPlugin> {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
    } catch {
      return;
    }
    const url = request.url ?? "";
    const one = {
      method: request.method ?? "",
      // Deno has the whole URL.
      url: url.startsWith("/") ? url : url.slice(url.indexOf("/", url.indexOf("://") + 3)),
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    received.push(one);
    await react(one, response, received.length);
  };
  const isSecure = typeof where !== "string" && where.tls !== undefined;
  const server = isSecure
    ? createTlsServer({ keepAliveTimeout: 0, ...where.tls }, answer)
    : createServer({ keepAliveTimeout: 0 }, answer);
  return { ...await listen(server, where, isSecure ? "https" : "http"), received };
}

/** Starts what speaks as it likes on each connection. */
export async function startRaw(
  where: Where,
  speak: (socket: Socket, count: number) => void,
): Promise<TestPlugin> {
  let count = 0;
  const server = createRawServer((socket) => {
    socket.on("error", () => {});
    speak(socket, ++count);
  });
  return { ...await listen(server as Server, where, "http"), received: [] };
}

async function listen(
  server: Server,
  where: Where,
  scheme: string,
): Promise<Omit<TestPlugin, "received">> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    const place = typeof where === "string" ? { path: where } : { host: "127.0.0.1", port: 0 };
    server.listen(place, () => resolve());
  });
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    address: typeof where === "string"
      ? `unix://${where}`
      : `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Sends JSON. */
export function reply(response: ServerResponse, value: unknown, status = 200): void {
  const body = typeof value === "string" ? value : `${JSON.stringify(value)}\n`;
  response.writeHead(status, { "Content-Type": "application/vnd.docker.plugins.v1.1+json" });
  response.end(body);
}

/** A plugin that answers by a table of methods, and any other with 404. */
export function answering(answers: Readonly<Record<string, unknown>>): React {
  return ({ url }, response) => {
    const method = url.slice(1);
    if (Object.hasOwn(answers, method)) reply(response, answers[method]);
    else reply(response, "404 page not found\n", 404);
  };
}

/** What a plugin of these kinds says of itself, and nothing else. */
export function implementing(...kinds: string[]): React {
  return answering({ "Plugin.Activate": { Implements: kinds } });
}

/** A clock whose time passes only while somebody sleeps, and then at once. */
export interface TestClock extends Clock {
  /** What was slept, in milliseconds. */
  readonly slept: readonly number[];
}

/** @param onSleep What happens meanwhile. */
export function testClock(
  onSleep: (ms: number) => void | Promise<void> = () => {},
): TestClock {
  let time = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      time += ms;
      await onSleep(ms);
      signal.throwIfAborted();
    },
  };
}

/** The error of a promise that has to fail. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}
