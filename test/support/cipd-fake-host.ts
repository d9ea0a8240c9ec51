import { type ChildProcess, spawn } from "node:child_process";
import {
  PluginServer,
  type PluginSession,
  type QuestionStream,
} from "../../src/cipd/plugin-server.ts";
import { CODE, StatusError } from "../../src/cipd/status.ts";
import type {
  Handshake,
  ListAdmissionsRequest,
  ListMetadataRequest,
  ListMetadataResponse,
  LogRequest,
  ResolveAdmissionRequest,
} from "../../src/cipd/wire.ts";
import { CLI, plainEnvironment } from "./cli.ts";

/** Two instance IDs that are right, of SHA-256 and of SHA-1. */
export const IID = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";
export const SHA1_IID: string = "a".repeat(40);

/** What a fake host does otherwise than a good one. */
export interface FakeHostOptions {
  readonly listAdmissions?: (request: ListAdmissionsRequest) => void;
  readonly listMetadata?: (
    request: ListMetadataRequest,
    signal: AbortSignal,
  ) => Promise<ListMetadataResponse>;
}

/** A host of CIPD plugins that says what it heard. */
export class FakeHost implements PluginSession {
  readonly lines: LogRequest[] = [];
  readonly requests: ListAdmissionsRequest[] = [];
  readonly connected: Promise<QuestionStream>;
  readonly #options: FakeHostOptions;
  readonly #server: PluginServer = new PluginServer();
  readonly #answers: Map<string, (answer: ResolveAdmissionRequest) => void> = new Map();
  #connect!: (stream: QuestionStream) => void;
  #nextId = 0;

  constructor(options: FakeHostOptions = {}) {
    this.#options = options;
    this.connected = new Promise((resolve) => this.#connect = resolve);
  }

  handshake(): Promise<Handshake> {
    return this.#server.admit(this);
  }

  /** Asks about an instance, and waits for the answer. */
  async ask(
    name: string,
    instance: { hashAlgo: number; hexDigest: string } | null,
    serviceUrl = "https://example.com",
  ): Promise<ResolveAdmissionRequest> {
    const stream = await this.connected;
    const admissionId = `admission ${this.#nextId++}`;
    const answer = new Promise<ResolveAdmissionRequest>((resolve) =>
      this.#answers.set(admissionId, resolve)
    );
    stream.write({ admissionId, serviceUrl, package: name, instance });
    return await answer;
  }

  close(): void {
    this.#server.close();
  }

  listAdmissions(request: ListAdmissionsRequest, stream: QuestionStream): void {
    this.requests.push(request);
    this.#options.listAdmissions?.(request);
    this.#connect(stream);
  }

  disconnected(): void {}

  resolveAdmission(request: ResolveAdmissionRequest): void {
    this.#answers.get(request.admissionId)?.(request);
  }

  log(request: LogRequest): void {
    this.lines.push(request);
  }

  listMetadata(request: ListMetadataRequest, signal: AbortSignal): Promise<ListMetadataResponse> {
    if (this.#options.listMetadata !== undefined) {
      return this.#options.listMetadata(request, signal);
    }
    throw new StatusError(CODE.unimplemented, "there is no repository");
  }
}

/** `cofferdam cipd serve`, running. */
export interface RunningBridge {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A bridge that does not leave is a failure, and not a test without an end. */
const LATE_MS = 60_000;

/** Starts the bridge; standard input stays open behind `input`. */
export function startBridge(
  args: readonly string[],
  input: string,
  env: Record<string, string> = {},
): RunningBridge {
  const child = spawn(CLI[0], [...CLI[1], "cipd", "serve", ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout!.on("data", (chunk) => stdout += chunk);
  child.stderr!.on("data", (chunk) => stderr += chunk);
  child.stdin!.on("error", () => {});
  child.stdin!.write(input);
  const late = setTimeout(() => child.kill("SIGKILL"), LATE_MS);
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on("close", (code) => {
      clearTimeout(late);
      resolve({ code, stdout, stderr });
    })
  );
  return { child, ended };
}
