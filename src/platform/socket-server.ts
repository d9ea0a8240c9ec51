import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import { asBuffer } from "./buffer.ts";

/** A server that answers one request on each connection to a socket's file. */
export interface SocketServerOptions {
  readonly path: string;
  /** What it says first, before it reads anything. */
  readonly greeting: Uint8Array;
  /**
   * How long a request is that begins so; undefined where more of it is needed to tell.
   *
   * @throws Where that is none; the connection is closed.
   */
  lengthOf(beginning: Uint8Array): number | undefined;
  /** Answers; what it throws closes the connection. */
  handle(request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** A server that listens. */
export interface SocketServer {
  /**
   * Takes no more connections and waits for those it has: to the end for a request that is there, for
   * `graceMs` for one that is not.
   */
  close(graceMs: number): Promise<void>;
}

/** One client's connection. */
interface Connection {
  readonly socket: Socket;
  readonly ended: Promise<void>;
  isAsking: boolean;
}

/** Begins to listen. A client that goes away aborts the signal of its request. */
export async function serveSocket(options: SocketServerOptions): Promise<SocketServer> {
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const connection: Connection = { socket, ended, isAsking: false };
    connections.add(connection);
    void ended.then(() => connections.delete(connection));
    answerOne(connection, options);
  });
  await listen(server, options.path);
  return {
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const timer = setTimeout(() => {
        for (const { socket, isAsking } of connections) if (!isAsking) socket.destroy();
      }, graceMs);
      await Promise.all([closed, ...[...connections].map(({ ended }) => ended)]);
      clearTimeout(timer);
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.removeListener("error", reject);
      // An accept that fails, as for want of descriptors, ends nothing.
      server.on("error", () => {});
      resolve();
    });
  });
}

function answerOne(connection: Connection, options: SocketServerOptions): void {
  const { socket } = connection;
  const controller = new AbortController();
  const request = new GrowingRequest(options.lengthOf);
  let isAnswered = false;
  const giveUp = () => {
    // An abort makes an error, with its stack, also where nobody is left to hear of it.
    if (!isAnswered) controller.abort();
  };
  socket.on("error", () => {});
  socket.on("close", giveUp);
  // Nobody closes one direction alone.
  socket.on("end", giveUp);
  socket.on("data", (chunk: Uint8Array) => {
    // What follows a request is nobody's.
    if (connection.isAsking) return void socket.destroy();
    try {
      const whole = request.add(chunk);
      if (whole === undefined) return;
      connection.isAsking = true;
      options.handle(whole, controller.signal).finally(() => isAnswered = true).then(
        (reply) => void socket.end(asBuffer(reply)),
        () => void socket.destroy(),
      );
    } catch {
      socket.destroy();
    }
  });
  socket.write(asBuffer(options.greeting));
}

/** Puts a request together of what comes. */
class GrowingRequest {
  readonly #lengthOf: SocketServerOptions["lengthOf"];
  #chunks: Uint8Array[] = [];
  #length = 0;
  #wanted: number | undefined;

  constructor(lengthOf: SocketServerOptions["lengthOf"]) {
    this.#lengthOf = lengthOf;
  }

  /** @returns The request once it is whole. @throws for what is none */
  add(chunk: Uint8Array): Uint8Array | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#wanted === undefined) {
      this.#chunks = [Buffer.concat(this.#chunks)];
      this.#wanted = this.#lengthOf(this.#chunks[0]!);
    }
    if (this.#wanted === undefined || this.#length < this.#wanted) return undefined;
    if (this.#length > this.#wanted) throw new Error("there is more than a request");
    return Buffer.concat(this.#chunks);
  }
}

/** How a request is put to a server of {@link serveSocket}. */
export interface SocketQuestion {
  readonly path: string;
  /** What a server must say first. */
  readonly greeting: Uint8Array;
  /** How long it may take to say that. */
  readonly greetingMs: number;
  readonly request: Uint8Array;
}

/**
 * Puts a request to a server.
 *
 * @returns Its reply, which may be cut where the server ends; undefined where nobody listens there who
 * greets as it must, and nothing was asked then.
 */
export function askSocket(
  { path, greeting, greetingMs, request }: SocketQuestion,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const chunks: Uint8Array[] = [];
    let isAsked = false;
    const hangUp = () => void socket.destroy();
    const timer = setTimeout(hangUp, greetingMs);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(isAsked ? Buffer.concat(chunks).subarray(greeting.length) : undefined);
    });
    socket.on("data", (chunk: Uint8Array) => {
      chunks.push(chunk);
      if (isAsked) return;
      const said = Buffer.concat(chunks);
      const expected = asBuffer(greeting).subarray(0, said.length);
      if (!said.subarray(0, greeting.length).equals(expected)) return hangUp();
      if (said.length < greeting.length) return;
      isAsked = true;
      clearTimeout(timer);
      socket.write(asBuffer(request));
    });
  });
}
