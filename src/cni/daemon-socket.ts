import { ownPlace } from "../platform/network-namespace.ts";
import { findOtherUser } from "../platform/other-user.ts";
import { joinPath } from "../platform/path.ts";
import { askSocket } from "../platform/socket-server.ts";
import { PluginError } from "../plugin-error.ts";
import type { CniReply } from "./call.ts";
import { type CniRequest, decodeReply, encodeCall, GREETING } from "./frame.ts";

/** How long a daemon that is there may take to greet. */
const GREETING_MS = 5_000;

/**
 * The socket of the daemon in these namespaces and under this root directory, in a private folder.
 * CNI_NETNS is a path, which leads elsewhere where other mounts or processes are seen, so a call that is
 * made there must be answered there; as one of a runtime that has networks of its own, for want of rights.
 */
export async function socketPath(folder: string): Promise<string> {
  return joinPath(folder, `daemon-${digest(await ownPlace())}`);
}

/** Whether a file's name is that of a daemon's socket, of whatever place. */
export function isSocketName(name: string): boolean {
  return /^daemon-[0-9a-f]{16}$/.test(name);
}

/** Short, since a socket's path may have 107 bytes; nobody chooses these numbers. FNV-1a, as in C. */
function digest(numbers: readonly bigint[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const number of numbers) {
    for (let shift = 0n; shift < 64n; shift += 8n) {
      hash = BigInt.asUintN(64, (hash ^ (number >> shift & 0xffn)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, "0");
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
