import type { LogLevel } from "../capability/log.ts";
import type { MetadataProvider } from "../capability/metadata-provider.ts";
import { HostLog } from "../cipd/host-log.ts";
import { serveCipd } from "../cipd/serve.ts";
import type { PluginLogLine } from "../host/prepare.ts";
import { openStandardInput } from "../platform/stdin.ts";
import { loadPlugins } from "./check-plugins.ts";
import { usage } from "./flags.ts";
import { PLUGIN_FLAGS, pluginArguments } from "./plugin-flags.ts";
import { pluginLogText } from "./plugin-log.ts";
import { openRecordFiles, RECORD_FLAGS } from "./record-files.ts";
import { readTrust } from "./trust.ts";
import type { Verb } from "./verb.ts";

/** A handshake has some 150 bytes. */
const HANDSHAKE_BYTES = 4_096;

/** `cofferdam cipd serve`: an admission plugin of the CIPD client. */
export const cipdServe: Verb = {
  name: "cipd serve",
  summary: "Serve the CIPD client, which starts this as its admission plugin",
  usage: "--plugin P.wasm [--settings S] [--allow-metadata]",
  denoPermissions: "--allow-read --allow-env --allow-sys=cpus --allow-net=127.0.0.1 (and what " +
    '"check" needs for the grants that they share)',
  flags: [
    ...PLUGIN_FLAGS,
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
    ...RECORD_FLAGS,
  ],
  notes: `The client is told of it by a list of words, in the environment or in its configuration:
  CIPD_ADMISSION_PLUGIN='["cofferdam", "cipd", "serve", "--plugin", "/etc/cofferdam/P.wasm"]'
Each pin is judged as a document of the kind "cipd.pin"; all plugins must allow it. What a policy
denies is "not admitted" to the client, with the policy's words; what goes wrong otherwise blocks as
well. A bare --allow-metadata lets the plugin before it ask the client for metadata. Plugins' log
lines go to the client's log. Standard input and output belong to the protocol.
A configuration that others can write is refused.`,
  run: async ({ flags, log, signal }) => {
    const plugins = pluginArguments(flags.given);
    if (plugins.length === 0) throw usage('"--plugin" is missing: cipd serve --plugin P.wasm');
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const trust = await readTrust(flags.one("config"), "always");
    const hostLog = new HostLog();
    const files = await openRecordFiles(flags);
    try {
      const { createHost } = await import("../host/host.ts");
      const onWarning = (message: string) => {
        log("warn", message);
        hostLog.write("warn", message);
      };
      const onLog = (line: PluginLogLine) =>
        hostLog.write(line.level as LogLevel, pluginLogText(line));
      await using host = await createHost({ ...files.options, onWarning, onLog });
      const load = async (metadata: MetadataProvider) =>
        await loadPlugins(host, plugins, trust, metadata);
      await serveCipd({ stdin: openStandardInput(HANDSHAKE_BYTES), load, log: hostLog, signal });
      return 0;
    } finally {
      files.close();
    }
  },
};
