import { stat } from "node:fs/promises";

/** The network namespace that this process is in, on a system that has them. */
const OWN = "/proc/self/ns/net";

/** What decides where a path leads (`/run/netns/a`, `/proc/7/ns/net`), and whose it is. */
const NAMESPACES = ["net", "mnt", "pid", "user"];

/**
 * Numbers that no process has together which would find something else at a path than this one does;
 * 0 for a kind of namespaces that this system has not.
 */
export async function ownNamespaces(): Promise<bigint[]> {
  const own = await Promise.all(NAMESPACES.map((name) => identity(`/proc/self/ns/${name}`)));
  return own.map((found) => found?.ino ?? 0n);
}

/** Whether `path` is that of the network namespace that this process is in; false where it is none. */
export async function isOwnNetworkNamespace(path: string): Promise<boolean> {
  if (path === "") return false;
  const [own, other] = [await identity(OWN), await identity(path)];
  return own !== undefined && own.dev === other?.dev && own.ino === other.ino;
}

async function identity(path: string): Promise<{ dev: bigint; ino: bigint } | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
}
