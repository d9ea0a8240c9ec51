import { createSharedController } from "../platform/abort-controller.ts";
import type { HttpReply, HttpRequest } from "../platform/http-server.ts";
import { PluginError } from "../plugin-error.ts";
import type { DockerHandler, DockerReply } from "./handler.ts";
import { replyOfError } from "./status.ts";
import { untilAborted } from "./until-aborted.ts";
import { MEDIA_TYPE, tooLarge } from "./wire.ts";

/** HTTP before a handler. */
export interface Door {
  answer(request: HttpRequest): Promise<HttpReply>;
  /** Takes no new calls, nor those of which a part is still to come: they are refused at once. */
  close(): void;
}

/** What there is in place of a body where the door is closed first. */
const CLOSED: unique symbol = Symbol("closed");

/** The path of a call is the name of its method. @see moby, pkg/plugins/client.go */
export function createDoor(handler: DockerHandler): Door {
  const closing = createSharedController();
  const answer = async (
    { method, path, origin, signal, readBody }: HttpRequest,
  ): Promise<DockerReply> => {
    const name = path.slice(1);
    if (method !== "POST") {
      return refused(405, `Docker calls ${quote(name)} by POST, not ${quote(method)}`);
    }
    // A page in a browser on this host reaches its ports, and would call plugins there.
    if (origin !== undefined) return refused(403, `Docker is no web page of ${quote(origin)}`);
    const body = await untilAborted(closing.signal, readBody()).catch((error): typeof CLOSED => {
      if (closing.signal.aborted) return CLOSED;
      throw error;
    });
    if (body === undefined) return replyOfError(tooLarge(name));
    if (body !== CLOSED) return await handler.call(name, body, { signal });
    const message = `Cannot call ${quote(name)}: the plugin is being ended`;
    return replyOfError(new PluginError("docker.closed", message));
  };
  return {
    answer: async (request) => ({ ...await answer(request), mediaType: MEDIA_TYPE }),
    close: () => closing.abort(),
  };
}

function refused(status: number, message: string): DockerReply {
  const { body } = replyOfError(new PluginError("docker.request-invalid", message));
  return { status, body };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
