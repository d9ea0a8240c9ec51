import { HttpClient } from "../platform/http-client.ts";
import { PluginError } from "../plugin-error.ts";
import { VERSION } from "../version.ts";
import type { PluginEndpoint } from "./address.ts";
import { unusableAnswer } from "./answer.ts";
import { shown } from "./status.ts";
import type { PluginRequest, PluginTransport } from "./transport.ts";
import { MEDIA_TYPE } from "./wire.ts";

/** How long a connection that nobody uses is kept, and what making one may take. @see moby, go-connections */
const IDLE_MS = 30_000;
const CONNECT_MS = 10_000;

/**
 * Reaches a plugin by HTTP, as Docker does: `POST /VolumeDriver.Create`.
 *
 * @param address For messages.
 */
export function httpTransport(
  address: string,
  { endpoint, host }: PluginEndpoint,
): PluginTransport {
  const client = new HttpClient(endpoint, { idleMs: IDLE_MS, connectMs: CONNECT_MS });
  const headers = {
    "Host": host,
    "User-Agent": `cofferdam/${VERSION}`,
    "Accept": MEDIA_TYPE,
  };
  const unreachable = (cause: unknown) =>
    new PluginError(
      "docker.unreachable",
      `Cannot reach the plugin at ${JSON.stringify(address)}: ${shown(wordsOf(cause))}`,
      { cause },
    );
  return {
    send: async ({ method, body, isLasting, signal }) => {
      const path = pathOf(method);
      try {
        const answer = await client.post({ path, headers, body, isLasting, signal });
        return { ...answer, body: wholeBody(answer.body, method, signal) };
      } catch (error) {
        throw signal.aborted ? signal.reason : unreachable(error);
      }
    },
    close: () => client.close(),
  };
}

async function* wholeBody(
  body: AsyncIterable<Uint8Array>,
  method: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw unusableAnswer(method, `it breaks off: ${wordsOf(error)}`, error);
  }
}

/** They may hold what the plugin has sent, as the names in its certificate. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws {PluginError} `usage.invalid` */
function pathOf(method: PluginRequest["method"]): string {
  if (/^[!-~]+$/.test(method)) return method.startsWith("/") ? method : `/${method}`;
  throw new PluginError(
    "usage.invalid",
    `Cannot call ${JSON.stringify(method)}: wanted a method as "VolumeDriver.Create"`,
  );
}
