import { pluginsOf } from "../docker/handler.ts";
import { serveDocker, SOCKET_DIR } from "../docker/serve.ts";
import { loadAnyPlugins } from "./check-plugins.ts";
import { usage } from "./flags.ts";
import { PLUGIN_FLAGS, pluginArguments } from "./plugin-flags.ts";
import { logPluginLine } from "./plugin-log.ts";
import { openRecordFiles, RECORD_FLAGS } from "./record-files.ts";
import { readTrust } from "./trust.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam docker serve`: a plugin of a Docker daemon. */
export const dockerServe: Verb = {
  name: "docker serve",
  summary: "Serve a Docker daemon as its volume plugin",
  usage: "--plugin P.wasm [--name N] [--settings S]",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-sys=cpus,uid --allow-net (and " +
    'what "check" needs for the grants that they share)',
  flags: [
    { name: "name", value: "NAME", help: "what Docker calls it by; its plugin's own name" },
    { name: "socket-dir", value: "FOLDER", help: `where its socket is made (${SOCKET_DIR})` },
    ...PLUGIN_FLAGS,
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
    ...RECORD_FLAGS,
  ],
  notes: `A plugin that implements "volume" is a volume driver:
  cofferdam docker serve --plugin local-volume.wasm --name vol …
  docker volume create -d vol data
Docker finds it by its socket, NAME.sock, which nobody else can connect to. Each of several plugins
has to implement something else. Plugins' log lines go to standard error. At SIGTERM, what runs comes
to its end, for ten seconds, and the socket is removed; a socket that a process left behind is replaced.
A configuration that others can write is refused.`,
  run: async ({ flags, log, signal }) => {
    const plugins = pluginArguments(flags.given);
    if (plugins.length === 0) throw usage('"--plugin" is missing: docker serve --plugin P.wasm');
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const trust = await readTrust(flags.one("config"), "always");
    const files = await openRecordFiles(flags);
    try {
      const { createHost } = await import("../host/host.ts");
      await using host = await createHost({
        ...files.options,
        onWarning: (message) => log("warn", message),
        onLog: (line) => logPluginLine(log, line),
      });
      const loaded = await loadAnyPlugins(host, plugins, trust);
      const name = flags.one("name") ?? loaded[0]!.manifest.name;
      const socketDir = flags.one("socket-dir");
      await using server = await serveDocker({ ...pluginsOf(loaded), name, socketDir });
      log("info", `${name} listens on ${server.address} as ${server.implements.join(", ")}`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return 0;
    } finally {
      files.close();
    }
  },
};
