import { stat } from "node:fs/promises";

/** The network namespace that this process is in, on a system that has them. */
const OWN = "/proc/self/ns/net";

/** A process stays where it was started: nothing here enters another one. */
let own: Promise<Identity | undefined> | undefined;

/** A number that no other network namespace of this machine has now; undefined where there is none. */
export async function ownNetworkNamespace(): Promise<bigint | undefined> {
  return (await (own ??= identity(OWN)))?.ino;
}

/** Whether `path` is that of the network namespace that this process is in; false where it is none. */
export async function isOwnNetworkNamespace(path: string): Promise<boolean> {
  if (path === "") return false;
  const [here, there] = await Promise.all([own ??= identity(OWN), identity(path)]);
  return here !== undefined && here.dev === there?.dev && here.ino === there.ino;
}

interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
}

async function identity(path: string): Promise<Identity | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    return undefined;
  }
}
