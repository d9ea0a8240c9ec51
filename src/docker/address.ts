import type { ClientTls, HttpEndpoint } from "../platform/http-client.ts";
import { PluginError } from "../plugin-error.ts";

/** A plugin's address, taken apart as Go's `net/url` does it. */
export interface PluginAddress {
  /** Lower-case. */
  readonly scheme: string;
  /** `localhost:8080`; empty in `unix:///run/a.sock` and in `localhost:8080`, whose scheme is "localhost". */
  readonly host: string;
  /** Decoded. */
  readonly path: string;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)/;
const HOST = /^(?:[\w.~!$&'()*+,;=:-]*@)?(?:\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|[\w.~-]*)(?::\d*)?$/;

/**
 * Reads what a spec file holds.
 *
 * @returns undefined for what Go takes for no URL with a scheme, and for a host of characters that no host
 * has.
 * @see Go, net/url: Parse
 */
export function readAddress(address: string): PluginAddress | undefined {
  if (CONTROL.test(address)) return undefined;
  const [, scheme, host = "", path = ""] = URL_PARTS.exec(address) ?? [];
  if (scheme === undefined || !HOST.test(host)) return undefined;
  // What stands right behind the scheme is neither host nor path.
  const isPath = path === "" || path.startsWith("/");
  try {
    return {
      scheme: scheme.toLowerCase(),
      host,
      path: isPath ? decodeURIComponent(path) : "",
    };
  } catch {
    return undefined;
  }
}

/** Ports where an address names none. */
const PORTS: Readonly<Record<string, number>> = { tcp: 80, http: 80, https: 443 };

/** How a plugin is spoken to. */
export interface PluginEndpoint {
  readonly endpoint: HttpEndpoint;
  /** The header `Host`. */
  readonly host: string;
}

/** What Docker names the host of a plugin that has none. */
export const LOCAL_HOST = "plugin.moby.localhost";

/** How the plugin at a socket is spoken to. */
export function socketEndpoint(path: string): PluginEndpoint {
  return { endpoint: { path }, host: LOCAL_HOST };
}

/**
 * How the plugin at an address is spoken to: `unix` by a socket, `https` by TLS, `tcp` and `http` without.
 * Docker takes any other scheme for `http` and dials what it finds; here, that is an error. As in Docker,
 * a path behind a host says nothing.
 *
 * @throws {PluginError} `docker.address-invalid`
 */
export function endpointOf(address: string, tls: ClientTls): PluginEndpoint {
  const parts = readAddress(address);
  if (parts === undefined) throw invalid(address, "it is no URL");
  const { scheme, host, path } = parts;
  if (scheme === "unix") {
    if (host === "" && path.startsWith("/")) return socketEndpoint(path);
    throw invalid(address, 'a socket is named by its whole path, "unix:///run/…"');
  }
  const defaultPort = PORTS[scheme];
  if (defaultPort === undefined) {
    throw invalid(address, `the scheme "${scheme}" is none of unix, tcp, http and https`);
  }
  if (host === "") throw invalid(address, "there is no host");
  if (host.includes("@")) throw invalid(address, "a plugin is not sent any user name");
  const [, name = "", digits = ""] = /^(.*?)(?::(\d*))?$/.exec(host) ?? [];
  const port = digits === "" ? defaultPort : Number(digits);
  if (name === "" || port < 1 || port > 65_535) {
    throw invalid(address, "there is no such host");
  }
  return {
    endpoint: {
      // An address of IPv6 without its brackets, and the zone decoded.
      host: name.replace(/^\[(.*)\]$/, "$1").replace("%25", "%"),
      port,
      ...(scheme === "https" ? { tls } : {}),
    },
    host,
  };
}

function invalid(address: string, why: string): PluginError {
  return new PluginError(
    "docker.address-invalid",
    `Cannot call a plugin at ${JSON.stringify(address.slice(0, 200))}: ${why}`,
  );
}
