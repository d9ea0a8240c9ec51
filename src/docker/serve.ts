import { serveHttp } from "../platform/http-server.ts";
import { PluginError } from "../plugin-error.ts";
import { createDoor } from "./door.ts";
import { createHandler, type DockerPlugins } from "./handler.ts";
import type { Listen } from "./listening.ts";
import { listenOnSocket, SOCKET_DIR } from "./socket.ts";
import { listenOnTcp, type TcpOptions } from "./tcp.ts";
import { MAX_BODY_BYTES } from "./wire.ts";

/** How plugins are served to Docker. */
export interface DockerServeOptions extends DockerPlugins {
  /** What Docker calls it by: `docker volume create -d NAME`. */
  readonly name: string;
  /** Where its socket is made; the default is `/run/docker/plugins`. Made where it is not there. */
  readonly socketDir?: string | undefined;
  /** Listens on a port in place of a socket. */
  readonly tcp?: TcpOptions | undefined;
}

/** Plugins that Docker can call. */
export interface DockerServer {
  /** What Docker is told that it can do: `VolumeDriver`. */
  readonly implements: readonly string[];
  /** `unix:///run/docker/plugins/NAME.sock` */
  readonly address: string;
  /**
   * Takes no new calls and hangs up where none runs, lets those that run come to their end, for ten seconds,
   * and removes what Docker found it by.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What runs is given so much when the server is closed; a service manager waits longer. */
const GRACE_MS = 10_000;

/**
 * Serves plugins to Docker, as one plugin of it. They stay their host's: close that one behind this.
 *
 * @throws {PluginError} `usage.invalid`, `registry.not-implements`, `docker.socket-in-use`,
 * `output.unwritable`, `trust.writable`, `input.*`
 */
export async function serveDocker(options: DockerServeOptions): Promise<DockerServer> {
  const { name, socketDir = SOCKET_DIR, tcp } = options;
  checkName(name);
  const handler = createHandler(options);
  const door = createDoor(handler);
  const listen: Listen = (address, tls) =>
    serveHttp({ address, tls, maxBodyBytes: MAX_BODY_BYTES, handle: door.answer });
  const { server, address, remove } = tcp === undefined
    ? await listenOnSocket(name, socketDir, listen)
    : await listenOnTcp(name, tcp, listen);
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => {
      door.close();
      await server.close(GRACE_MS);
      await remove();
    })();
  return { implements: handler.implements, address, close, [Symbol.asyncDispose]: close };
}

/** Docker makes a path of it. */
function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name)) return;
  throw new PluginError(
    "usage.invalid",
    `Cannot serve Docker as ${
      JSON.stringify(name.slice(0, 100))
    }: a name has at most 64 letters, ` +
      'digits, ".", "_" and "-", and begins with a letter or a digit',
  );
}
