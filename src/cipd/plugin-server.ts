import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { encodeBase64 } from "../document/base64.ts";
import { definitionOf, MAX_MESSAGE_BYTES } from "./rpc.ts";
import { CODE, StatusError } from "./status.ts";
import {
  type AdmissionMessage,
  type Handshake,
  LIST_ADMISSIONS,
  LIST_METADATA,
  type ListAdmissionsRequest,
  type ListMetadataRequest,
  type ListMetadataResponse,
  LOG,
  type LogRequest,
  type Method,
  RESOLVE_ADMISSION,
  type ResolveAdmissionRequest,
  type RpcStatus,
  TICKET_HEADER,
} from "./wire.ts";

/** The host's end of the stream of questions. */
export interface QuestionStream {
  write(question: AdmissionMessage): void;
  /** Ends it with a status. */
  end(status: RpcStatus): void;
}

/** What the server does for one plugin, which has its ticket. What throws is answered as a status. */
export interface PluginSession {
  /** @throws {StatusError} */
  listAdmissions(request: ListAdmissionsRequest, stream: QuestionStream): void;
  /** The plugin has ended the stream, or is gone. */
  disconnected(): void;
  resolveAdmission(request: ResolveAdmissionRequest): void;
  log(request: LogRequest): void;
  /** @throws {StatusError} */
  listMetadata(request: ListMetadataRequest, signal: AbortSignal): Promise<ListMetadataResponse>;
}

/** How a plugin that is silent is told from one that hangs. */
export interface KeepaliveOptions {
  /** A plugin that says nothing is pinged this often; 5 s, as CIPD's own host does. */
  readonly pingMs?: number | undefined;
  /** It has left where its answer takes longer; 20 s, which is the default of Go's library. */
  readonly answerMs?: number | undefined;
}

/** The gRPC server on 127.0.0.1 that the native plugins of one host call, each with its own ticket. */
export class PluginServer {
  readonly #server: Server;
  readonly #sessions: Map<string, PluginSession> = new Map();
  #port: Promise<number> | undefined;

  constructor({ pingMs = 5_000, answerMs = 20_000 }: KeepaliveOptions = {}) {
    this.#server = new Server({
      "grpc.keepalive_time_ms": pingMs,
      "grpc.keepalive_timeout_ms": answerMs,
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    });
    this.#answer(RESOLVE_ADMISSION, (session, request) => {
      session.resolveAdmission(request);
      return {};
    });
    this.#answer(LOG, (session, request) => {
      session.log(request);
      return {};
    });
    this.#answer(
      LIST_METADATA,
      (session, request, signal) => session.listMetadata(request, signal),
    );
    this.#server.addService(
      { call: definitionOf(LIST_ADMISSIONS) },
      { call: (call: QuestionCall) => this.#listAdmissions(call) },
    );
  }

  /** Lets a plugin in, and gives what is to be written to its standard input. */
  async admit(session: PluginSession): Promise<Handshake> {
    const port = await (this.#port ??= this.#listen());
    const ticket = encodeBase64(crypto.getRandomValues(new Uint8Array(64))).replace(/=+$/, "");
    this.#sessions.set(ticket, session);
    return { port, ticket };
  }

  /** Its ticket is worth nothing from now on. */
  forget({ ticket }: Handshake): void {
    this.#sessions.delete(ticket);
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
  }

  #sessionOf(metadata: Metadata): PluginSession {
    const [ticket] = metadata.get(TICKET_HEADER);
    if (ticket === undefined) {
      throw new StatusError(CODE.unauthenticated, "no ticket in the request");
    }
    const session = this.#sessions.get(String(ticket));
    if (session !== undefined) return session;
    throw new StatusError(CODE.permissionDenied, "the ticket is not known");
  }

  #answer<Request, Response>(
    method: Method<Request, Response>,
    handle: (
      session: PluginSession,
      request: Request,
      signal: AbortSignal,
    ) => Response | Promise<Response>,
  ): void {
    this.#server.addService(
      { call: definitionOf(method) },
      {
        call: (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>) => {
          const controller = new AbortController();
          call.on("cancelled", () => controller.abort());
          (async () =>
            await handle(this.#sessionOf(call.metadata), call.request, controller.signal))()
            .then((response) => reply(null, response), (error) => reply(asStatus(error)));
        },
      },
    );
  }

  #listAdmissions(call: QuestionCall): void {
    const fail = (error: unknown) => void call.emit("error", asStatus(error));
    try {
      const session = this.#sessionOf(call.metadata);
      session.listAdmissions(call.request, {
        write: (question) => void call.write(question),
        end: ({ code, message }) => fail(new StatusError(code, message)),
      });
      call.on("cancelled", () => session.disconnected());
    } catch (error) {
      fail(error);
    }
  }
}

type QuestionCall = ServerWritableStream<ListAdmissionsRequest, AdmissionMessage>;

function asStatus(error: unknown): StatusError {
  return error instanceof StatusError
    ? error
    : new StatusError(CODE.internal, error instanceof Error ? error.message : String(error));
}
