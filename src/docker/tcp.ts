import { parseAddress } from "../address.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { identityFault, type ServerIdentity } from "../platform/server-identity.ts";
import { PluginError } from "../plugin-error.ts";
import { inUse, type Listen, type Listening } from "./listening.ts";
import { type DockerTls, SPEC_DIR, writeSpec } from "./spec-writer.ts";

/** TLS, in which both sides show who they are. */
export interface TlsFiles {
  /** What the plugin shows; PEM. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Signs the certificates of those who may call the plugin, and the plugin's own; PEM. */
  readonly caFile: string;
  /** What Docker shows, for its spec file; paths on Docker's host. */
  readonly client?: Omit<DockerTls, "caFile"> | undefined;
}

/** Where to listen, other than on a socket. */
export interface TcpOptions {
  /** An address, or with TLS the name in the certificate as well. */
  readonly host: string;
  /** 0 for any; Docker keeps the one that it has heard of first for as long as it runs. */
  readonly port: number;
  /** May be left out on the loopback interface, where every process of the host can call the plugin. */
  readonly tls?: TlsFiles | undefined;
  /**
   * Where Docker looks for it; the default is `/etc/docker/plugins`. null for no file, as where Docker is
   * on another host.
   */
  readonly specDir?: string | null | undefined;
}

/**
 * Listens on a port, and tells Docker of it by a file.
 *
 * @throws {PluginError} `usage.invalid`, `trust.writable`, `input.*`, `docker.socket-in-use`,
 * `output.unwritable`
 */
export async function listenOnTcp(
  name: string,
  { host, port, tls, specDir = SPEC_DIR }: TcpOptions,
  listen: Listen,
): Promise<Listening> {
  const isIpv6 = host.includes(":");
  const address = parseAddress(host);
  if (tls === undefined && !isLoopback(host)) {
    throw usage(`${host} is not on the loopback interface, where alone it may go without TLS`);
  }
  if (specDir !== null) {
    if (address?.value === 0n) throw usage(`${host} is no address that Docker could be told`);
    if (tls !== undefined && tls.client === undefined) {
      throw usage("nobody says what certificate Docker shows, which its spec file has to name");
    }
  }
  const identity = tls && await readIdentity(tls);
  const server = await listen({ host, port }, identity).catch((error) => {
    throw cannotListen(host, port, error);
  });
  try {
    const where = `${isIpv6 ? `[${host}]` : host}:${server.port}`;
    const url = `${tls === undefined ? "tcp" : "https"}://${where}`;
    const docker = tls?.client && { ...tls.client, caFile: tls.caFile };
    const remove = specDir === null
      ? () => Promise.resolve()
      : await writeSpec(specDir, { name, address: url, tls: docker });
    return { server, address: url, remove };
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  if (address === undefined || address.length !== undefined) return false;
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

/** Who can write to one of them decides who may call the plugin. */
async function readIdentity({ certFile, keyFile, caFile }: TlsFiles): Promise<ServerIdentity> {
  const read = async (path: string) => {
    const fault = await findForeignWriter(path);
    if (fault !== undefined) {
      throw new PluginError("trust.writable", `Cannot use "${path}" for TLS: ${fault}`);
    }
    return await readFileBounded(path, LIMITS.inputBytes);
  };
  const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map(read));
  const identity = { cert: cert!, key: key!, ca: ca! };
  const fault = identityFault(identity);
  if (fault === undefined) return identity;
  throw usage(`"${certFile}", "${keyFile}" and "${caFile}" cannot be used: ${fault}`);
}

/** A port that is taken, a host that is not this one, a key that is none. */
function cannotListen(host: string, port: number, cause: Error & { code?: string }): PluginError {
  if (cause.code === "EADDRINUSE") return inUse(`${host}:${port}`, "a process listens there");
  return usage(`${host}:${port} cannot be used (${cause.message})`, cause);
}

function usage(why: string, cause?: unknown): PluginError {
  return new PluginError("usage.invalid", `Cannot serve Docker by TCP: ${why}`, { cause });
}
