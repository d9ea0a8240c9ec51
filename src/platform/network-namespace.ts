import { stat } from "node:fs/promises";

/** The network namespace that this process is in, on a system that has them. */
const OWN = "/proc/self/ns/net";

/** A number that no other network namespace of this machine has now; undefined where there is none. */
export async function ownNetworkNamespace(): Promise<bigint | undefined> {
  return (await identity(OWN))?.ino;
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
