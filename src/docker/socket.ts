import type { HttpServer } from "../platform/http-server.ts";
import { absolutePath, joinPath } from "../platform/path.ts";
import { makePublicFolder } from "../platform/private-folder.ts";
import { NameInUse, placeSocket } from "../platform/socket-file.ts";
import { inUse, type Listen, type Listening } from "./listening.ts";

/** Where Docker looks for the sockets of plugins. @see moby, pkg/plugins/discovery_unix.go */
export const SOCKET_DIR = "/run/docker/plugins";

/**
 * Listens on the socket `NAME.sock`, which only this process's user can connect to.
 *
 * @throws {PluginError} `docker.socket-in-use`, `output.unwritable`, `trust.writable`
 */
export async function listenOnSocket(
  name: string,
  folder: string,
  listen: Listen,
): Promise<Listening> {
  await makePublicFolder(folder);
  const path = joinPath(absolutePath(folder), `${name}.sock`);
  let server: HttpServer | undefined;
  try {
    const file = await placeSocket(path, async (path) => {
      server = await listen({ path });
    });
    if (file instanceof NameInUse) throw inUse(path, file.why);
    return { server: server!, address: `unix://${path}`, remove: () => file.remove() };
  } catch (error) {
    await server?.close(0);
    throw error;
  }
}
