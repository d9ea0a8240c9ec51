import { ownNetworkNamespace } from "../platform/network-namespace.ts";
import { findOtherUser } from "../platform/other-user.ts";
import { joinPath } from "../platform/path.ts";
import { askSocket } from "../platform/socket-server.ts";
import { PluginError } from "../plugin-error.ts";
import type { CniReply } from "./call.ts";
import { type CniRequest, decodeReply, encodeCall, GREETING } from "./frame.ts";

/** How long a daemon that is there may take to greet. */
const GREETING_MS = 5_000;

/**
 * The socket of the daemon in this network namespace, in a private folder. A call that is made in another
 * one must be answered there, as when a runtime of a user without rights has networks of its own.
 */
export async function socketPath(folder: string): Promise<string> {
  return joinPath(folder, `daemon-${await ownNetworkNamespace() ?? 0}`);
}

/**
 * Has a daemon answer, as the executable in C does.
 *
 * @param folder The private folder; one that others can look into is not used.
 * @returns undefined where there is no daemon, and nothing was asked then.
 * @throws {PluginError} `cni.daemon-lost`
 */
export async function askDaemon(
  folder: string,
  request: CniRequest,
): Promise<CniReply | undefined> {
  if (await isOthersToo(folder)) return undefined;
  const bytes = await askSocket({
    path: await socketPath(folder),
    greeting: GREETING,
    greetingMs: GREETING_MS,
    request: encodeCall(request),
  });
  if (bytes === undefined) return undefined;
  const reply = decodeReply(bytes);
  if (reply !== undefined) return reply;
  throw new PluginError("cni.daemon-lost", "the daemon went away before it had answered");
}

async function isOthersToo(folder: string): Promise<boolean> {
  try {
    return await findOtherUser(folder) !== undefined;
  } catch {
    // Whoever reads the configuration there says what is wrong.
    return true;
  }
}
