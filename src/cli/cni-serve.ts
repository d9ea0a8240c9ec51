import { serveCni } from "../cni/daemon.ts";
import { PRIVATE_FOLDER } from "../cni/installed-plugin.ts";
import { isThere } from "../platform/file-system.ts";
import { absolutePath, joinPath } from "../platform/path.ts";
import { usage } from "./flags.ts";
import { loadInstalled } from "./load-installed.ts";
import { DELEGATE_FOLDERS } from "./plugin-flags.ts";
import { logPluginLine } from "./plugin-log.ts";
import { openRecordFiles, RECORD_FLAGS } from "./record-files.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam cni serve`: the daemon that keeps installed plugins loaded. */
export const cniServe: Verb = {
  name: "cni serve",
  summary: "Keep installed CNI plugins loaded, and answer their calls in about a millisecond",
  usage: "[--bin-dir DIR]...",
  denoPermissions: "--allow-all (what the plugins' grants need, and a socket)",
  isServer: true,
  flags: [
    {
      name: "bin-dir",
      value: "DIR",
      repeats: true,
      help: `where they are installed (those of ${DELEGATE_FOLDERS.join(", ")} that have any)`,
    },
    ...RECORD_FLAGS,
  ],
  notes:
    `Executables of "install cni" find it by a socket in BIN/.cofferdam, which is closed to all but its
owner, and answer by themselves where it is not, or where they run in other namespaces (network, mount,
PID, user) or with another root directory: start it where the runtime runs. A plugin that is installed, installed again or
uninstalled is seen with its next call. A runtime that gives up a call ends it. At SIGTERM, what runs
comes to its end, and the exit code is 0. COFFERDAM_CONFIG does not count here: each plugin goes by what
was installed with it.`,
  run: async ({ flags, log, signal }) => {
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const named = flags.all("bin-dir").map(absolutePath);
    const binDirs = named.length > 0 ? [...new Set(named)] : await usedFolders();
    const files = await openRecordFiles(flags);
    try {
      const daemon = await serveCni({
        binDirs,
        log,
        load: (installed) =>
          loadInstalled(installed, {
            ...files.options,
            onWarning: (message) => log("warn", message),
            onLog: (line) => logPluginLine(log, line),
          }),
      });
      log("info", `listens in ${binDirs.join(", ")}`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await daemon.close();
      return 0;
    } finally {
      files.close();
    }
  },
};

/** @throws {PluginError} `usage.invalid` where there is none */
async function usedFolders(): Promise<string[]> {
  const used: string[] = [];
  for (const folder of DELEGATE_FOLDERS) {
    if (await isThere(joinPath(folder, PRIVATE_FOLDER))) used.push(folder);
  }
  if (used.length > 0) return used;
  throw usage(
    `nothing is installed in ${
      DELEGATE_FOLDERS.join(" or ")
    }; name another folder with "--bin-dir"`,
  );
}
