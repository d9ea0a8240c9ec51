import type { HttpServer, ListenAddress } from "../platform/http-server.ts";
import type { ServerIdentity } from "../platform/server-identity.ts";
import { PluginError } from "../plugin-error.ts";

/** A server, and what Docker finds it by. */
export interface Listening {
  readonly server: HttpServer;
  /** As Docker writes it: `unix:///run/docker/plugins/s3.sock`, `https://127.0.0.1:8443`. */
  readonly address: string;
  /** Removes what Docker finds it by, unless that is another one's by now. */
  remove(): Promise<void>;
}

/** Makes a server listen. */
export type Listen = (address: ListenAddress, tls?: ServerIdentity) => Promise<HttpServer>;

/** The error of a name that another plugin has. */
export function inUse(path: string, why: string): PluginError {
  return new PluginError(
    "docker.socket-in-use",
    `Cannot serve as "${path}": ${why}; give the plugin another name, or end what has this one`,
  );
}
