import type { ExitStatus } from "../platform/child-process.ts";
import type { MetadataProvider } from "../capability/metadata-provider.ts";
import { PluginError } from "../plugin-error.ts";
import { withinTime } from "../within-time.ts";
import type { Checker } from "./admission-plugin.ts";
import { type Decision, decisionOfStatus } from "./decision.ts";
import { objectRefOf, type Pin } from "./pin.ts";
import { type CipdLogLine, failed, PluginProcess, speaker } from "./plugin-process.ts";
import type { PluginServer, PluginSession, QuestionStream } from "./plugin-server.ts";
import { listMetadata } from "./repository-call.ts";
import { CODE, StatusError } from "./status.ts";
import { type Handshake, PROTOCOL_VERSION, type RpcStatus } from "./wire.ts";

/** A plugin for CIPD's own host: a program with the rights of this process's user. */
export interface CommandSource {
  /** The program, looked for in PATH where it has no slash, and its arguments. */
  readonly command: readonly string[];
  /** How long it may take until it asks for admissions; 30 s. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long it may take to end once it was told to, before it is killed; 5 s. */
  readonly closeTimeoutMs?: number | undefined;
  /** How long its end is waited for once it has left, so that it can be told; 50 ms. */
  readonly exitGraceMs?: number | undefined;
}

/** What lets plugins in. */
export type Gate = Pick<PluginServer, "admit" | "forget">;

/** What a native plugin is given. */
export interface NativeCheckerOptions extends CommandSource {
  readonly server: () => Promise<Gate>;
  readonly serviceUrl: string;
  readonly repository: MetadataProvider | undefined;
  readonly onLog: (line: CipdLogLine) => void;
}

const CONNECT_MS = 30_000;
const CLOSE_MS = 5_000;

/** A plugin that is gone has closed its stream a moment before its end is known. */
const EXIT_GRACE_MS = 50;

/** What waits for an answer, at most. */
const MAX_PENDING = 1_000_000;

/** Runs a native plugin as CIPD's own host does. @see luci-go, cipd/client/cipd/plugin/host */
export class NativeChecker implements Checker {
  readonly executable: string;
  readonly #options: NativeCheckerOptions;
  readonly #pending: Map<string, Pending> = new Map();
  #process: PluginProcess | undefined;
  #server: Gate | undefined;
  #handshake: Handshake | undefined;
  #stream: QuestionStream | undefined;
  #starting: Promise<void> | undefined;
  #closing = false;
  #close!: () => void;
  /** Resolves where it is closed before it has connected. */
  readonly #closed: Promise<"closed"> = new Promise((resolve) => {
    this.#close = () => resolve("closed");
  });

  constructor(options: NativeCheckerOptions) {
    this.executable = options.command[0] ?? "";
    this.#options = options;
  }

  start(onFailure: (error: PluginError) => void): Promise<void> {
    return this.#starting = this.#start(onFailure);
  }

  async #start(onFailure: (error: PluginError) => void): Promise<void> {
    const { connectTimeoutMs = CONNECT_MS } = this.#options;
    this.#server = await this.#options.server();
    let connected!: () => void;
    const connecting = new Promise<void>((resolve) => connected = resolve);
    const fail = (error: PluginError) => {
      void this.#end();
      onFailure(error);
    };
    this.#handshake = await this.#server.admit(this.#session(connected, fail));
    if (this.#closing) throw closed();
    this.#process = await PluginProcess.start(this.#options, this.#handshake);
    const { exited } = this.#process;
    try {
      await this.#connect(connecting, exited, connectTimeoutMs);
    } catch (error) {
      void this.#end();
      throw error;
    }
  }

  async #connect(
    connecting: Promise<void>,
    exited: Promise<ExitStatus>,
    connectTimeoutMs: number,
  ): Promise<void> {
    const first = await withinTime(
      connectTimeoutMs,
      Promise.race([connecting.then(() => "connected" as const), exited, this.#closed]),
    );
    if (first === "closed") throw closed();
    if (first === undefined) {
      throw failed(`it did not ask for admissions within ${connectTimeoutMs} ms`);
    }
    if (first !== "connected") {
      throw failed(`it ended before it asked for admissions: ${said(first)}`);
    }
  }

  check(pin: Pin): Promise<Decision> {
    if (this.#pending.size === MAX_PENDING) {
      throw new PluginError("cipd.check-failed", `More than ${MAX_PENDING} pins wait`);
    }
    const admissionId = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.#pending.set(admissionId, (status) => {
        try {
          resolve(decisionOfStatus(status));
        } catch (error) {
          reject(error);
        }
      });
      this.#stream!.write({
        admissionId,
        serviceUrl: this.#options.serviceUrl,
        package: pin.package,
        instance: objectRefOf(pin.instanceId),
      });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#close();
    // What is being launched is there in a moment, and has to end as well.
    await this.#starting?.catch(() => {});
    await this.#end();
  }

  /** Tells the process to end, and kills it where it does not; whatever has failed before. */
  async #end(): Promise<void> {
    this.#closing = true;
    this.#stream?.end({ code: CODE.aborted, message: "terminating" });
    if (this.#handshake !== undefined) this.#server?.forget(this.#handshake);
    await this.#process?.end(this.#options.closeTimeoutMs ?? CLOSE_MS);
  }

  #session(connected: () => void, onFailure: (error: PluginError) => void): PluginSession {
    const { onLog, serviceUrl, repository } = this.#options;
    const say = speaker(this.executable, onLog);
    return {
      listAdmissions: ({ protocolVersion }, stream) => {
        if (protocolVersion !== PROTOCOL_VERSION) {
          const why = `unknown protocol version ${protocolVersion}: expecting ${PROTOCOL_VERSION}`;
          onFailure(failed(why));
          connected();
          throw new StatusError(CODE.failedPrecondition, why);
        }
        if (this.#stream !== undefined) {
          throw new StatusError(CODE.failedPrecondition, "already called ListAdmissions");
        }
        this.#stream = stream;
        connected();
      },
      disconnected: () => {
        if (!this.#closing) void this.#farewell().then((why) => onFailure(failed(why)));
      },
      resolveAdmission: ({ admissionId, status }) => {
        const settle = this.#pending.get(admissionId);
        this.#pending.delete(admissionId);
        settle?.(status);
      },
      log: ({ severity, message }) => say(LEVELS[severity] ?? "info", message),
      listMetadata: (request, signal) => listMetadata(repository, serviceUrl, request, signal),
    };
  }

  /** How it ended, where it ended of itself. */
  async #farewell(): Promise<string> {
    const graceMs = this.#options.exitGraceMs ?? EXIT_GRACE_MS;
    const status = await withinTime(graceMs, this.#process!.exited);
    return status === undefined ? "it has left" : `it ended: ${said(status)}`;
  }
}

function closed(): PluginError {
  return new PluginError("cipd.closed", "The admission plugin is closed");
}

type Pending = (status: RpcStatus | null) => void;

const LEVELS: Readonly<Partial<Record<string, CipdLogLine["level"]>>> = {
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
};

function said({ code, signal }: ExitStatus): string {
  return signal === undefined ? `exit code ${code}` : `killed by ${signal}`;
}
