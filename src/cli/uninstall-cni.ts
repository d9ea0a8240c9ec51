import { uninstallPlugin } from "../cni/install.ts";
import { absolutePath } from "../platform/path.ts";
import { usage } from "./flags.ts";
import { required } from "./install-cni.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam uninstall cni`: removes what `install cni` has written. */
export const uninstallCni: Verb = {
  name: "uninstall cni",
  summary: "Remove a network plugin from where CNI runtimes look for plugins",
  usage: "--type NAME --bin-dir DIR",
  denoPermissions: "--allow-read --allow-write --allow-net (to find out whether a daemon listens)",
  flags: [
    { name: "type", value: "NAME", help: 'what networks ask for it by: their "type"' },
    { name: "bin-dir", value: "DIR", help: "where it was installed" },
  ],
  notes:
    `Removes the executable, its configuration and the copy of the plugin, and prints their names. With
the last one goes the folder, once no daemon listens in it. What the plugin keeps stays: let containers
leave its networks first.`,
  run: async ({ flags, log, stdout }) => {
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const [type, binDir] = [required(flags, "type"), absolutePath(required(flags, "bin-dir"))];
    const { removed, kept } = await uninstallPlugin(binDir, type);
    for (const path of removed) await stdout.write(`removed ${path}\n`);
    for (const { path, why } of kept) log("warn", `kept ${path}: ${why}`);
    return 0;
  },
};
