import { type ExitStatus, type RunningChild, startChild } from "../platform/child-process.ts";
import { findProgram } from "../platform/find-program.ts";
import { absolutePath } from "../platform/path.ts";
import { environment } from "../platform/process.ts";
import { sanitizeLogText } from "../capability/log-text.ts";
import type { MetadataProvider } from "../capability/metadata-provider.ts";
import { PluginError } from "../plugin-error.ts";
import { withinTime } from "../within-time.ts";
import type { Checker } from "./admission-plugin.ts";
import { type Decision, decisionOfStatus } from "./decision.ts";
import { objectRefOf, type Pin } from "./pin.ts";
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
}

/** A line that a plugin wrote, to the host's log or to its own output. */
export interface CipdLogLine {
  /** The program's name. */
  readonly plugin: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
}

/** What a native plugin is given. */
export interface NativeCheckerOptions extends CommandSource {
  readonly server: () => Promise<PluginServer>;
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
  #server: PluginServer | undefined;
  #handshake: Handshake | undefined;
  #stream: QuestionStream | undefined;
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

  async start(onFailure: (error: PluginError) => void): Promise<void> {
    const { connectTimeoutMs = CONNECT_MS } = this.#options;
    this.#server = await this.#options.server();
    let connected!: () => void;
    const connecting = new Promise<void>((resolve) => connected = resolve);
    const fail = (error: PluginError) => {
      void this.#end();
      onFailure(error);
    };
    this.#handshake = await this.#server.admit(this.#session(connected, fail));
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
    if (first === "closed") throw new PluginError("cipd.closed", "The admission plugin is closed");
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
    this.#close();
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
    const say = speaker(nameOf(this.executable), onLog);
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
    const status = await withinTime(EXIT_GRACE_MS, this.#process!.exited);
    return status === undefined ? "it has left" : `it ended: ${said(status)}`;
  }
}

type Pending = (status: RpcStatus | null) => void;

const LEVELS: Readonly<Partial<Record<string, CipdLogLine["level"]>>> = {
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
};

/** The process of a native plugin. */
class PluginProcess {
  readonly exited: Promise<ExitStatus>;
  readonly #child: RunningChild;

  private constructor(child: RunningChild, exited: Promise<ExitStatus>) {
    this.#child = child;
    this.exited = exited;
  }

  static async start(
    { command, onLog }: NativeCheckerOptions,
    handshake: Handshake,
  ): Promise<PluginProcess> {
    const [program = "", ...args] = command;
    const file = await findProgram(program);
    if (file === undefined) throw failed(`there is no program "${program}"`);
    let exit!: (status: ExitStatus) => void;
    const exited = new Promise<ExitStatus>((resolve) => exit = resolve);
    const lines = { stdout: new Lines(), stderr: new Lines() };
    const say = speaker(nameOf(program), onLog);
    const child = await startChild({
      file,
      argv0: program,
      args,
      // As CIPD's own host does: a native plugin is trusted like the program that runs it.
      env: environment(),
      cwd: absolutePath("."),
      stdin: new TextEncoder().encode(`${JSON.stringify(handshake)}\n`),
      keepsInput: true,
    }, {
      onOutput: (stream, chunk) => {
        for (const message of lines[stream].add(chunk)) say("info", message);
        return true;
      },
      onExit: exit,
      onClose: () => {
        for (const message of [lines.stdout.end(), lines.stderr.end()]) {
          if (message !== "") say("info", message);
        }
      },
    }).catch((cause) => {
      throw failed(`it does not start: ${(cause as Error).message}`, cause);
    });
    return new PluginProcess(child, exited);
  }

  /** Tells it to end, and kills it where it does not. */
  async end(timeoutMs: number): Promise<void> {
    this.#child.endInput();
    const timer = setTimeout(() => this.#child.killGroup(), timeoutMs);
    await this.exited;
    clearTimeout(timer);
    this.#child.closePipes();
  }
}

/** What a plugin prints, by lines; it should print nothing, so that a long line is cut. */
class Lines {
  readonly #decoder = new TextDecoder();
  #rest = "";

  add(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop()!.slice(0, MAX_LINE);
    return lines.filter((line) => line !== "");
  }

  /** What came behind the last line's end. */
  end(): string {
    return this.#rest;
  }
}

/** Lines of one plugin in one second; beyond that they are left out. */
const LINES_PER_SECOND = 1_000;

/** Hands on what a plugin says: fit for one line, not too much of it, whatever the listener throws. */
function speaker(
  plugin: string,
  onLog: (line: CipdLogLine) => void,
): (level: CipdLogLine["level"], message: string) => void {
  let second = 0;
  let count = 0;
  return (level, message) => {
    const now = Math.floor(performance.now() / 1_000);
    count = now === second ? count + 1 : 1;
    second = now;
    if (count > LINES_PER_SECOND) return;
    try {
      onLog({ plugin, level, message: sanitizeLogText(message, MAX_LINE) });
    } catch {
      // Who listens to the log and throws disturbs nobody.
    }
  };
}

const MAX_LINE = 4_096;

function nameOf(program: string): string {
  return program.split("/").at(-1)!;
}

function said({ code, signal }: ExitStatus): string {
  return signal === undefined ? `exit code ${code}` : `killed by ${signal}`;
}

function failed(why: string, cause?: unknown): PluginError {
  return new PluginError("cipd.plugin-failed", `The admission plugin failed: ${why}`, { cause });
}
