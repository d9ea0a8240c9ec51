import {
  Client,
  type ClientOptions,
  type ClientReadableStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { asBuffer } from "../platform/buffer.ts";
import { CODE, StatusError } from "./status.ts";
import type { Codec, Handshake, Method, RpcStatus } from "./wire.ts";
import { TICKET_HEADER } from "./wire.ts";

/** Twenty values of 512 KiB do not fit into gRPC's own 4 MiB. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024 * 1024;

const CHANNEL: ClientOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  // Else `http_proxy` in the environment stands between us and our own machine.
  "grpc.enable_http_proxy": 0,
  // One host, one life: nothing to come back to.
  "grpc.enable_retries": 0,
  "grpc.service_config_disable_resolution": 1,
};

/** A stream of messages that comes to an end with a status. */
export interface MessageStream<Message> {
  /** Resolves with the status of the end, whatever it is. */
  readonly ended: Promise<RpcStatus>;
  readonly messages: AsyncIterable<Message>;
  cancel(): void;
}

/** The plugin's side of the protocol: calls its host. */
export class HostClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  /** Calls that were not answered yet: closing a channel leaves them alone. */
  readonly #open: Set<{ cancel(): void }> = new Set();

  constructor({ port, ticket }: Handshake) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), CHANNEL);
    this.#metadata.set(TICKET_HEADER, ticket);
  }

  /** Resolves when the host has been reached. @throws {StatusError} */
  connect(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => {
        if (error === undefined) resolve();
        else reject(new StatusError(CODE.unavailable, error.message));
      });
    });
  }

  /** @throws {StatusError} */
  call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { requestSerialize, responseDeserialize } = definitionOf(method);
      const call = this.#client.makeUnaryRequest(
        method.path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          this.#open.delete(call);
          if (error === null) resolve(response!);
          else reject(new StatusError(error.code, error.details));
        },
      );
      this.#open.add(call);
      const cancel = () => call.cancel();
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) cancel();
    });
  }

  open<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
  ): MessageStream<Response> {
    const { requestSerialize, responseDeserialize } = definitionOf(method);
    const stream: ClientReadableStream<Response> = this.#client.makeServerStreamRequest(
      method.path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
    const ended = new Promise<RpcStatus>((resolve) => {
      stream.on("status", (status) => resolve({ code: status.code, message: status.details }));
      // What is no status of the host's is one all the same, and the first one counts.
      stream.on("error", (error) => resolve(statusOf(error as ServiceError)));
    });
    return { ended, messages: untilEnd(stream), cancel: () => stream.cancel() };
  }

  /** Cancels what is not answered, so that nothing keeps the process alive. */
  close(): void {
    for (const call of this.#open) call.cancel();
    this.#client.close();
  }
}

/** The messages; how the stream ended is told elsewhere. */
async function* untilEnd<T>(stream: ClientReadableStream<T>): AsyncGenerator<T> {
  try {
    for await (const message of stream) yield message as T;
  } catch {
    return;
  }
}

function statusOf({ code, details, message }: Partial<ServiceError>): RpcStatus {
  return { code: code ?? CODE.unknown, message: details || message || "" };
}

/** A method in the form that the library wants. */
export function definitionOf<Request, Response>(
  method: Method<Request, Response>,
): MethodDefinition<Request, Response> {
  return {
    path: method.path,
    requestStream: false,
    responseStream: method.responseStream,
    requestSerialize: serializer(method.request),
    requestDeserialize: (bytes) => method.request.decode(bytes),
    responseSerialize: serializer(method.response),
    responseDeserialize: (bytes) => method.response.decode(bytes),
  };
}

function serializer<T>(codec: Codec<T>) {
  return (value: T) => asBuffer(codec.encode(value));
}
