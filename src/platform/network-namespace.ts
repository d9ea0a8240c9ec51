import { open, readFile, stat } from "node:fs/promises";
import { asInputError, isMissing } from "./file-system.ts";

/**
 * What decides, with the root directory, where a path leads (`/run/netns/a`, `/proc/7/ns/net`), and whose
 * it is; the network first.
 */
const NAMESPACES = ["net", "mnt", "pid", "user"];

/** A process stays where it was started: nothing here enters another one. */
let own: Promise<(Identity | undefined)[]> | undefined;

function ownIdentities(): Promise<(Identity | undefined)[]> {
  return own ??= Promise.all(NAMESPACES.map((name) => identity(`/proc/self/ns/${name}`)));
}

/**
 * Numbers that no process has together which would find something else at a path than this one does:
 * those of the namespaces, then of the root directory, which chroot changes, and of the mount that it lies
 * in, since one directory may be mounted twice, with other mounts below. 0 for what this system has not.
 */
export async function ownPlace(): Promise<bigint[]> {
  const [namespaces, root, mount] = await Promise.all([
    ownIdentities(),
    identity("/"),
    rootMount(),
  ]);
  const numbers = namespaces.map((found) => found?.ino ?? 0n);
  return [...numbers, root?.dev ?? 0n, root?.ino ?? 0n, mount];
}

async function rootMount(): Promise<bigint> {
  try {
    const root = await open("/");
    try {
      const text = await readFile(`/proc/self/fdinfo/${root.fd}`, "latin1");
      return BigInt(/^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? 0);
    } finally {
      await root.close();
    }
  } catch {
    return 0n;
  }
}

/** Whether `path` is that of the network namespace that this process is in; false where it is none. */
export async function isOwnNetworkNamespace(path: string): Promise<boolean> {
  if (path === "") return false;
  const [[here], there] = await Promise.all([ownIdentities(), identity(path)]);
  return here !== undefined && here.dev === there?.dev && here.ino === there.ino;
}

/**
 * Whether a network namespace can be reached at `path`: false where nothing stands there, or what is left
 * of one, such as the file that it was mounted on. Where this system knows none, whatever is there counts.
 *
 * @throws {PluginError} `input.unreadable` where it cannot be told
 */
export async function mayBeNetworkNamespace(path: string): Promise<boolean> {
  const [here] = await ownIdentities();
  try {
    const { dev } = await stat(path, { bigint: true });
    return here === undefined || here.dev === dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw asInputError(path, error);
  }
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
