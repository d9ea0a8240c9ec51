import {
  type HttpReply,
  type HttpRequest,
  type HttpServer,
  serveHttp,
} from "../platform/http-server.ts";
import { joinPath } from "../platform/path.ts";
import { makePublicFolder } from "../platform/private-folder.ts";
import { NameInUse, placeSocket } from "../platform/socket-file.ts";
import { PluginError } from "../plugin-error.ts";
import { createHandler, type DockerHandler, type DockerPlugins } from "./handler.ts";
import { replyOfError } from "./status.ts";
import { MAX_BODY_BYTES, MEDIA_TYPE, tooLarge } from "./wire.ts";

/** Where Docker looks for the sockets of plugins. @see moby, pkg/plugins/discovery.go */
export const SOCKET_DIR = "/run/docker/plugins";

/** How plugins are served to Docker. */
export interface DockerServeOptions extends DockerPlugins {
  /** What Docker calls it by: `docker volume create -d NAME`. */
  readonly name: string;
  /** The default is `/run/docker/plugins`; made where it is not there. */
  readonly socketDir?: string | undefined;
}

/** Plugins that Docker can call. */
export interface DockerServer {
  /** What Docker is told that it can do: `VolumeDriver`. */
  readonly implements: readonly string[];
  /** `unix:///run/docker/plugins/NAME.sock` */
  readonly address: string;
  /** Takes no new calls, lets those that run come to their end (for 10 s) and removes what Docker found it by. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What runs is given so much when the server is closed; a service manager waits longer. */
const GRACE_MS = 10_000;

/**
 * Serves plugins to Docker, as one plugin of it.
 *
 * The plugins stay their host's: close that one behind the server.
 *
 * @throws {PluginError} `usage.invalid`, `docker.socket-in-use`, `output.unwritable`, `trust.writable`
 */
export async function serveDocker(options: DockerServeOptions): Promise<DockerServer> {
  const { name, socketDir = SOCKET_DIR } = options;
  checkName(name);
  const handler = createHandler(options);
  const door = createDoor(handler);
  await makePublicFolder(socketDir);
  const path = joinPath(socketDir, `${name}.sock`);
  let server!: HttpServer;
  const file = await placeSocket(path, async (path) => {
    server = await serveHttp({
      address: { path },
      maxBodyBytes: MAX_BODY_BYTES,
      handle: door.answer,
    });
  });
  if (file instanceof NameInUse) {
    await server.close(0);
    throw new PluginError(
      "docker.socket-in-use",
      `Cannot listen on "${path}": ${file.why}; give the plugin another name, or end what has this one`,
    );
  }
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => {
      door.close();
      await server.close(GRACE_MS);
      await file.remove();
    })();
  return {
    implements: handler.implements,
    address: `unix://${path}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** HTTP before a handler. */
interface Door {
  answer(request: HttpRequest): Promise<HttpReply>;
  /** Takes no new calls. */
  close(): void;
}

function createDoor(handler: DockerHandler): Door {
  let isClosed = false;
  const answer = async ({ method, path, signal, readBody }: HttpRequest) => {
    if (method !== "POST") {
      const message = `Docker calls plugins by POST, not ${JSON.stringify(method)}`;
      return { ...replyOfError(new PluginError("docker.request-invalid", message)), status: 405 };
    }
    const name = path.slice(1);
    const body = await readBody();
    if (body === undefined) return replyOfError(tooLarge(name));
    if (isClosed) {
      return replyOfError(
        new PluginError("docker.closed", `Cannot call ${name}: the plugin is being ended`),
      );
    }
    return await handler.call(name, body, { signal });
  };
  return {
    answer: async (request) => ({ ...await answer(request), mediaType: MEDIA_TYPE }),
    close: () => {
      isClosed = true;
    },
  };
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
