import { fileKind } from "../platform/file-system.ts";
import { findOtherUser } from "../platform/other-user.ts";
import { makePrivateFolder } from "../platform/private-folder.ts";
import { removeEmptyFolder } from "../platform/remove-file.ts";
import { NameInUse, placeSocket, type SocketFile } from "../platform/socket-file.ts";
import { serveSocket, type SocketServer } from "../platform/socket-server.ts";
import { PluginError } from "../plugin-error.ts";
import { socketPath } from "./daemon-socket.ts";
import { callLength, decodeCall, encodeReply, GREETING } from "./frame.ts";
import { answerInstalled } from "./installed-call.ts";
import { PRIVATE_FOLDER } from "./installed-plugin.ts";
import { type LoadInstalled, PluginTable } from "./plugin-table.ts";

/** What a daemon needs. */
export interface CniServeOptions {
  /** Folders of executables, which must be there. */
  readonly binDirs: readonly string[];
  readonly load: LoadInstalled;
  readonly log: (level: "info" | "warn", message: string) => void;
}

/** A daemon that answers. */
export interface CniDaemon {
  /** Takes no more calls, answers those that it has, and ends the plugins. */
  close(): Promise<void>;
}

/** How long an executable may take to hand over a call, once we are about to end. */
const GRACE_MS = 2_000;

/**
 * Answers the calls of what is installed in some folders, loaded once. It is reached by a socket in the
 * private folder of each, which is named for its namespaces: an executable that runs in others must be
 * answered there.
 *
 * @throws {PluginError} `input.not-found` for a folder that is not there; `trust.writable` for one that
 *   others can look into; `output.unwritable`, also where another daemon serves it
 */
export async function serveCni(options: CniServeOptions): Promise<CniDaemon> {
  const served: CniDaemon[] = [];
  const close = async () => void await Promise.all(served.map((one) => one.close()));
  try {
    for (const binDir of options.binDirs) served.push(await serveFolder(binDir, options));
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serveFolder(
  binDir: string,
  { load, log }: CniServeOptions,
): Promise<CniDaemon> {
  const folder = await openPrivateFolder(binDir);
  const table = new PluginTable(binDir, load);
  for (const [type, error] of await table.loadAll()) {
    if (error === undefined) log("info", `serves "${type}" in ${binDir}`);
    else log("warn", `cannot serve "${type}" in ${binDir}: ${error.message} [${error.code}]`);
  }
  const path = await socketPath(folder);
  let server: SocketServer | undefined;
  let file: SocketFile | NameInUse | undefined;
  const close = async () => {
    // First the name: who comes from now on answers for himself.
    if (file !== undefined && !(file instanceof NameInUse)) await file.remove();
    await server?.close(GRACE_MS);
    await table.close();
    // The last plugin that was uninstalled could not, while our name was in it.
    await removeEmptyFolder(folder).catch(() => {});
  };
  try {
    file = await placeSocket(path, async (made) => {
      server = await serveSocket({
        path: made,
        greeting: GREETING,
        lengthOf: callLength,
        handle: async (bytes, signal) => {
          const { type, environment, stdin } = decodeCall(bytes);
          const call = { environment, readStdin: () => Promise.resolve(stdin), signal };
          return encodeReply(await answerInstalled(call, type, () => table.acquire(type)));
        },
      });
    });
    if (!(file instanceof NameInUse)) return { close };
    const message = `Cannot listen at "${path}": ${file.why}`;
    throw new PluginError("output.unwritable", message);
  } catch (error) {
    await close();
    throw error;
  }
}

async function openPrivateFolder(binDir: string): Promise<string> {
  if (await fileKind(binDir) !== "directory") {
    throw new PluginError("input.not-found", `Cannot serve "${binDir}": there is no such folder`);
  }
  const folder = await makePrivateFolder(binDir, PRIVATE_FOLDER);
  const fault = await findOtherUser(folder);
  if (fault === undefined) return folder;
  throw new PluginError("trust.writable", `Cannot trust "${folder}": ${fault}`);
}
