import { askDaemon } from "../cni/daemon-socket.ts";
import type { CniReply } from "../cni/call.ts";
import { checkEnvironment, type CniEnvironment, cniEnvironment } from "../cni/environment.ts";
import { answerInstalled } from "../cni/installed-call.ts";
import { parseInstalled, readInstalledBytes, typeOf } from "../cni/installed-plugin.ts";
import { faultOf } from "../cni/status.ts";
import type { ReadStdin } from "../cni/stdin-config.ts";
import { LIMITS } from "../limits.ts";
import { absolutePath, folderOf } from "../platform/path.ts";
import { readStdinUpTo, startEnvironment } from "../platform/process.ts";
import { usage } from "./flags.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam cni call`: one call of a runtime, for an executable that was installed. */
export const cniCall: Verb = {
  name: "cni call",
  summary: "Answer one call of a CNI runtime; what install cni has installed starts this",
  usage: "[--alone] BIN/.cofferdam/TYPE.json",
  denoPermissions: "--allow-all (what the plugin's grants need, and the socket of a daemon)",
  flags: [{ name: "alone", help: "load the plugin here, also where a daemon serves it" }],
  notes:
    `The command is CNI_COMMAND, the network configuration is standard input; the answer is standard
output, and the exit code 1 for an error of CNI. No other variable of the environment is looked at.`,
  run: async ({ flags, stdout, stderr, signal }) => {
    const [path, ...more] = flags.positionals;
    if (path === undefined || more.length > 0) {
      throw usage("wanted one configuration: cni call FILE");
    }
    const type = typeOf(path);
    if (type === undefined) throw usage(`"${path}" is no configuration of a CNI plugin`);
    const call = { configuration: absolutePath(path), type, signal };
    return await printReply(await answer(call, flags.has("alone")), { stdout, stderr });
  },
};

/**
 * Says to the runtime what is answered. What was done is done, so nothing may keep it from that: a plugin's
 * log lines come behind it, and where they cannot be written they are lost.
 *
 * @throws {PluginError} `output.unwritable` for the answer itself
 */
export async function printReply(
  reply: CniReply,
  { stdout, stderr }: Pick<VerbContext, "stdout" | "stderr">,
): Promise<ExitCode> {
  if (reply.stdout !== "") await stdout.write(reply.stdout);
  if (reply.stderr !== "") await stderr.write(reply.stderr).catch(() => {});
  return reply.exitCode;
}

interface Call {
  readonly configuration: string;
  readonly type: string;
  readonly signal: AbortSignal;
}

async function answer(call: Call, isAlone: boolean): Promise<CniReply> {
  const environment = cniEnvironment(startEnvironment());
  const readStdin = readOnce();
  try {
    const reply = isAlone ? undefined : await askedDaemon(call, environment, readStdin);
    return reply ?? await answerAlone(call, environment, readStdin);
  } catch (thrown) {
    const stdout = JSON.stringify(faultOf(thrown), null, 4);
    return { exitCode: 1, stdout, stderr: "" };
  }
}

/** @returns undefined where no daemon was asked. */
async function askedDaemon(
  { configuration, type }: Call,
  environment: CniEnvironment,
  readStdin: ReadStdin,
): Promise<CniReply | undefined> {
  let stdin: Uint8Array = new Uint8Array();
  try {
    // A runtime that got these wrong may leave standard input open, so they come before it.
    checkEnvironment(environment);
    const isVersion = environment.CNI_COMMAND === "VERSION";
    if (!isVersion) stdin = await readStdin(LIMITS.cniStdinBytes + 1);
  } catch {
    // Told where it is looked for in its turn.
    return undefined;
  }
  return await askDaemon(folderOf(configuration), { type, environment, stdin });
}

async function answerAlone(
  { configuration, type, signal }: Call,
  environment: CniEnvironment,
  readStdin: ReadStdin,
): Promise<CniReply> {
  return await answerInstalled({ environment, readStdin, signal }, type, async () => {
    const installed = await parseInstalled(configuration, await readInstalledBytes(configuration));
    const { loadInstalled } = await import("./load-installed.ts");
    const { network, close } = await loadInstalled(installed, { workers: 1 });
    return { network, release: close };
  });
}

/** Whoever asks second gets the same. */
function readOnce(): ReadStdin {
  let read: Promise<Uint8Array> | undefined;
  return (maxBytes) => read ??= readStdinUpTo(maxBytes);
}
