import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import type { DockerHandler } from "./handler.ts";
import { readBounded } from "./read-bounded.ts";
import type { PluginTransport } from "./transport.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Reaches a loaded bundle. Nothing crosses a socket.
 *
 * @param close Ends the bundle, where it is the transport's own; by default it is whoever's loaded it.
 */
export function bundleTransport(
  handler: DockerHandler,
  close: () => void | Promise<void> = () => {},
): PluginTransport {
  return {
    send: async ({ method, body, signal }) => {
      signal.throwIfAborted();
      const bytes = body instanceof Uint8Array
        ? body
        : await untilAborted(signal, readBounded(body, LIMITS.callInputBytes));
      if (bytes === undefined) {
        throw new PluginError(
          "docker.request-too-large",
          `Cannot call ${method}: what it is sent has more than ${LIMITS.callInputBytes} bytes`,
        );
      }
      const answering = handler.call(method.replace(/^\//, ""), bytes, { signal });
      const reply = await untilAborted(signal, answering);
      return { status: reply.status, body: inOnePiece(reply.body), cancel: () => {} };
    },
    close,
  };
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
