import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, and which of them are waited for. The server's own account does not tell a
 * client that has sent nothing yet from one that waits for an answer, and knows of no handshakes.
 */
export class HttpConnections {
  /** How many requests are being answered on each. */
  readonly #requests: Map<Socket, number> = new Map();
  #isClosing = false;

  constructor(server: Server) {
    server.on("connection", (socket: Socket) => this.#add(socket));
    server.on("secureConnection", (socket: Socket) => {
      // It goes through another, which is known already.
      for (const other of this.#requests.keys()) {
        if (isSame(other, socket)) this.#requests.delete(other);
      }
      this.#add(socket);
    });
  }

  /** Whether connections end with the requests that are being answered. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Counts a request until its response is sent, or its client has gone. */
  count(socket: Socket, response: ServerResponse): void {
    this.#change(socket, 1);
    response.once("close", () => {
      this.#change(socket, -1);
      if (this.#isClosing && this.#requests.get(socket) === 0) socket.destroySoon();
    });
  }

  /** Ends the connections on which nothing is being answered, at once, and the others behind that. */
  close(): void {
    this.#isClosing = true;
    for (const [socket, requests] of this.#requests) if (requests === 0) socket.destroy();
  }

  /** Ends them all. */
  destroy(): void {
    for (const socket of this.#requests.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#isClosing) return void socket.destroy();
    this.#requests.set(socket, 0);
    socket.once("close", () => this.#requests.delete(socket));
  }

  #change(socket: Socket, by: number): void {
    const requests = this.#requests.get(socket);
    if (requests !== undefined) this.#requests.set(socket, requests + by);
  }
}

/** Whether both are the same connection, by its two ends. */
function isSame(one: Socket, other: Socket): boolean {
  return ENDS.every((end) => one[end] !== undefined && one[end] === other[end]);
}

const ENDS = ["remoteAddress", "remotePort", "localAddress", "localPort"] as const;
