import type { MetadataProvider } from "../capability/metadata-provider.ts";
import type { JudgingPlugin } from "../host/plugin.ts";
import type { StandardInput } from "../platform/stdin.ts";
import { PluginError } from "../plugin-error.ts";
import { VERSION } from "../version.ts";
import { withinTime } from "../within-time.ts";
import type { HostLog } from "./host-log.ts";
import { metadataFromHost } from "./host-metadata.ts";
import { checkJudgesPins, judgePin } from "./judge.ts";
import { instanceIdOf } from "./pin.ts";
import { HostClient } from "./rpc.ts";
import { CODE, statusOfError, statusOfVerdicts } from "./status.ts";
import {
  type AdmissionMessage,
  type Handshake,
  LIST_ADMISSIONS,
  parseHandshake,
  PROTOCOL_VERSION,
  RESOLVE_ADMISSION,
  type RpcStatus,
} from "./wire.ts";

/** What serving needs. */
export interface CipdServeOptions {
  /** Where the host writes the handshake; its end ends us. */
  readonly stdin: StandardInput;
  /** Loads the plugins, all of which must allow; `metadata` is the host's. */
  readonly load: (metadata: MetadataProvider) => Promise<readonly JudgingPlugin[]>;
  /** Where plugins' lines go. */
  readonly log: HostLog;
  readonly signal: AbortSignal;
}

/** A host writes the handshake at once, and has opened its port before. */
const HANDSHAKE_MS = 30_000;
const CONNECT_MS = 5_000;

/**
 * Questions that are judged at once. Beyond them no more are read, and gRPC holds the host back: what
 * waits costs memory here, and every verdict would come at the end.
 */
const WINDOW = 64;

/** A host that goes away fails a call a moment before its stream ends. */
const GRACE_MS = 1_000;

/** How the host ends the stream when it wants no more, or is gone. */
const ENDINGS: readonly number[] = [CODE.ok, CODE.cancelled, CODE.aborted, CODE.unavailable];

/**
 * Serves one host of CIPD plugins, which has launched this process, until it closes standard input or
 * the stream of questions, or `signal` aborts.
 *
 * @throws {PluginError} `cipd.handshake-invalid`; `cipd.host-lost` where the host cannot be reached or
 * refuses us; what `load` throws
 * @see luci-go, cipd/client/cipd/plugin: host/host.go, protocol/admissions.proto
 */
export async function serveCipd(options: CipdServeOptions): Promise<void> {
  const { stdin, signal, log } = options;
  const stopped = new Promise<void>((resolve) => {
    void stdin.ended.then(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    const client = new HostClient(await readHandshake(stdin, stopped));
    try {
      if (await Promise.race([reach(client), stopped]) === undefined) return;
      log.attach(client.call.bind(client));
      if (await answerAll(client, options, stopped) !== undefined) await log.flush();
    } finally {
      client.close();
    }
  } finally {
    stdin.close();
  }
}

async function readHandshake(stdin: StandardInput, stopped: Promise<void>): Promise<Handshake> {
  // A person who types this is told at once.
  const line = stdin.isTerminal
    ? undefined
    : await withinTime(HANDSHAKE_MS, Promise.race([stdin.firstLine, stopped]));
  const handshake = line === undefined ? undefined : parseHandshake(line);
  if (handshake !== undefined) return handshake;
  throw new PluginError(
    "cipd.handshake-invalid",
    'Cannot serve CIPD: standard input did not begin with a handshake, {"port":…,"ticket":…}; ' +
      "this command is for CIPD_ADMISSION_PLUGIN, where the client starts it",
  );
}

async function reach(client: HostClient): Promise<"reached"> {
  try {
    await client.connect(CONNECT_MS);
    return "reached";
  } catch (cause) {
    throw lost(`nobody answers on the port of its handshake (${(cause as Error).message})`, cause);
  }
}

/** @returns How the host ended the stream; undefined where it was not the host. */
async function answerAll(
  client: HostClient,
  { load, log }: CipdServeOptions,
  stopped: Promise<void>,
): Promise<RpcStatus | undefined> {
  // The host waits for this call, not for the plugins.
  const stream = client.open(LIST_ADMISSIONS, {
    protocolVersion: PROTOCOL_VERSION,
    pluginVersion: `cofferdam ${VERSION}`,
  });
  // Of whom to ask where a guest names no service: a host has one, which each of its questions names.
  let serviceUrl = "";
  const loaded = load(metadataFromHost(client.call.bind(client), () => serviceUrl)).then((all) => {
    all.forEach(checkJudgesPins);
    return all;
  });
  const controller = new AbortController();
  let giveUp!: (error: PluginError) => void;
  const unanswered = new Promise<never>((_, reject) => giveUp = reject);
  const answer = async (question: AdmissionMessage): Promise<void> => {
    try {
      const status = await judge(await loaded, question, controller.signal);
      await log.flush();
      await client.call(RESOLVE_ADMISSION, { admissionId: question.admissionId, status });
    } catch (cause) {
      // A pin without an answer would wait for ever; a host that lives must hear that something is wrong.
      if (await withinTime(GRACE_MS, stream.ended) !== undefined) return;
      giveUp(lost(`it did not take an answer (${(cause as Error).message})`, cause));
    }
  };
  const read = async (): Promise<void> => {
    let judged = 0;
    let makeRoom = () => {};
    for await (const question of stream.messages) {
      serviceUrl = question.serviceUrl;
      judged++;
      void answer(question).finally(() => {
        judged--;
        makeRoom();
      });
      if (judged === WINDOW) await new Promise<void>((resolve) => makeRoom = resolve);
    }
  };
  unanswered.catch(() => {});
  void read();
  try {
    const ended = await Promise.race([
      ...[stopped, stream.ended],
      ...[failure(loaded), unanswered],
    ]) as RpcStatus | undefined;
    if (ended !== undefined && !ENDINGS.includes(ended.code)) {
      throw lost(`it ended the stream of admissions: ${ended.message} (gRPC code ${ended.code})`);
    }
    return ended;
  } finally {
    controller.abort();
    stream.cancel();
  }
}

/** Never resolves. */
async function failure(work: Promise<unknown>): Promise<never> {
  await work;
  return await new Promise<never>(() => {});
}

async function judge(
  plugins: readonly JudgingPlugin[],
  { serviceUrl, package: name, instance }: AdmissionMessage,
  signal: AbortSignal,
): Promise<RpcStatus | null> {
  try {
    const pin = { package: name, instanceId: instanceIdOf(instance) };
    return statusOfVerdicts(await judgePin(plugins, serviceUrl, pin, signal));
  } catch (error) {
    return statusOfError(error);
  }
}

function lost(why: string, cause?: unknown): PluginError {
  return new PluginError("cipd.host-lost", `Cannot serve the CIPD host: ${why}`, { cause });
}
