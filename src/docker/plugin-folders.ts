import { environmentVariable } from "../platform/process.ts";
import { SOCKET_DIR } from "./socket.ts";
import { SPEC_DIR } from "./spec-writer.ts";

/** Where plugins are looked for, the first folder first. */
export interface PluginFolders {
  /** Sockets. */
  readonly sockets: readonly string[];
  /** Spec files. */
  readonly specs: readonly string[];
}

/**
 * Docker's own folders. Where the daemon runs without root, it looks for specs in the user's home instead
 * of `/usr/lib`, but still in `/etc`.
 *
 * @see moby, pkg/plugins/discovery_unix.go; what it says of `$XDG_CONFIG_HOME` never happens
 */
export function dockerFolders(): PluginFolders {
  const home = environmentVariable("HOME");
  const isRootless = Boolean(environmentVariable("ROOTLESSKIT_STATE_DIR"));
  const library = isRootless && home ? `${home}/.local/lib` : "/usr/lib";
  return {
    sockets: [SOCKET_DIR],
    specs: [SPEC_DIR, `${library}/docker/plugins`],
  };
}
