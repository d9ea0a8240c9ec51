import { isRefused } from "../platform/connection.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { removeFile, writeFileAtomic } from "../platform/output-file.ts";
import { absolutePath, joinPath } from "../platform/path.ts";
import { makePublicFolder } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { inUse } from "./listening.ts";

/** Where Docker looks for files that say where a plugin is. @see moby, pkg/plugins/discovery.go */
export const SPEC_DIR = "/etc/docker/plugins";

/** What Docker shows a plugin, and what it knows it by; paths on Docker's host. */
export interface DockerTls {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Where a plugin is. */
export interface Spec {
  readonly name: string;
  /** `https://127.0.0.1:8443`, `tcp://127.0.0.1:8080` */
  readonly address: string;
  /** Absent for a plugin without TLS. */
  readonly tls?: DockerTls | undefined;
}

/** Far above any that there is. */
const MAX_BYTES = 64 * 1024;

/**
 * Tells Docker where a plugin is: `NAME.json`, or `NAME.spec` for one without TLS.
 *
 * @returns Removes the file, unless it says something else by now.
 * @throws {PluginError} `docker.socket-in-use` where one says that another plugin is there, and that one
 * may be; `output.unwritable`, `trust.writable`
 */
export async function writeSpec(folder: string, spec: Spec): Promise<() => Promise<void>> {
  await makePublicFolder(folder);
  const pathOf = (ending: string) => joinPath(folder, `${spec.name}.${ending}`);
  // Docker would read the one before the other.
  for (const ending of ["spec", "json"]) await removeStale(pathOf(ending), spec.address);
  const path = pathOf(spec.tls === undefined ? "spec" : "json");
  const text = textOf(spec);
  await writeFileAtomic(path, new TextEncoder().encode(text), { mode: 0o644, refuseLinks: true });
  return async () => {
    if (await readIfThere(path) === text) await removeFile(path);
  };
}

function textOf({ name, address, tls }: Spec): string {
  if (tls === undefined) return `${address}\n`;
  const TLSConfig = {
    InsecureSkipVerify: false,
    CAFile: absolutePath(tls.caFile),
    CertFile: absolutePath(tls.certFile),
    KeyFile: absolutePath(tls.keyFile),
  };
  return `${JSON.stringify({ Name: name, Addr: address, TLSConfig }, undefined, 2)}\n`;
}

async function removeStale(path: string, own: string): Promise<void> {
  const text = await readIfThere(path);
  if (text === undefined) return;
  const there = addressIn(text);
  if (there === undefined) throw inUse(path, "a file stands there that names no host and port");
  // What had this port before us has left.
  if (there !== own) {
    const { hostname, port } = new URL(there);
    const host = hostname.replace(/^\[|\]$/g, "");
    if (!await isRefused({ host, port: Number(port) })) {
      throw inUse(path, `it names ${there}, where a plugin may be`);
    }
  }
  await removeFile(path);
}

/** The address in a file of either form, with its port. */
function addressIn(text: string): string | undefined {
  try {
    const address = text.trimStart().startsWith("{") ? JSON.parse(text).Addr : text.trim();
    return new URL(address).port === "" ? undefined : address;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readFileBounded(path, MAX_BYTES));
  } catch (error) {
    if (PluginError.from(error).code === "input.not-found") return undefined;
    throw error;
  }
}
