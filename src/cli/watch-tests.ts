import { findSource } from "../build/build-source.ts";
import { type FileTimes, fileTimes, folderTimes, pause } from "../platform/folder-times.ts";
import { runSelf } from "../platform/process.ts";
import { PluginError } from "../plugin-error.ts";
import { PLUGIN_FILE } from "../testing/plugin-of-folder.ts";
import type { ParsedFlags } from "./flags.ts";
import type { ExitCode, VerbContext } from "./verb.ts";

/** How often files are looked at; what has changed has to stay as it is for as long. */
const POLL_MS = 250;

/** What a run depends on, by path. */
type Times = ReadonlyMap<string, FileTimes>;

/**
 * Runs the tests again whenever a file changes, until it is interrupted. Each run is a process of its
 * own: modules that an author changed are loaded anew, and a test that loops is ended by the next change.
 *
 * Files are looked at, not subscribed to: that is the same on every system and file system, and there are
 * few of them.
 */
export async function watchTests(context: VerbContext, folder: string): Promise<ExitCode> {
  // What looks at files ends with us, however that comes about.
  const end = new AbortController();
  const stop = () => end.abort();
  context.signal.addEventListener("abort", stop, { once: true });
  try {
    return await watchUntil(end.signal, context, folder);
  } finally {
    stop();
  }
}

async function watchUntil(
  signal: AbortSignal,
  { flags, log }: VerbContext,
  folder: string,
): Promise<never> {
  const args = ["test", ...argumentsOf(flags)];
  const plugin = flags.one("plugin");
  const look = () => timesOf(folder, plugin);
  let seen = await look();
  while (!signal.aborted) {
    const change = new AbortController();
    const stop = () => change.abort();
    signal.addEventListener("abort", stop, { once: true });
    const run = runSelf(args, change.signal);
    const changed = waitForChange(look, seen, signal);
    // A run that is still going when something changes is about what is no longer there.
    await Promise.race([run, changed.then(stop, stop)]);
    await run;
    signal.removeEventListener("abort", stop);
    if (signal.aborted) break;
    log("info", "waiting for a change; Ctrl-C ends");
    seen = await changed;
    if (!signal.aborted) log("info", `changed; running again`);
  }
  throw new PluginError("call.aborted", "Watching was ended");
}

/** The command line without `--watch`. */
function argumentsOf({ given, positionals }: ParsedFlags): string[] {
  const flags = given.filter(({ flag }) => flag.name !== "watch").map(({ flag, value }) =>
    flag.value === undefined ? `--${flag.name}` : `--${flag.name}=${value}`
  );
  return [...flags, "--", ...positionals];
}

async function timesOf(folder: string, plugin: string | undefined): Promise<Times> {
  const times = await folderTimes(folder);
  if (plugin === undefined && await findSource(folder) !== undefined) {
    // A run builds it, by way of a file beside it; what it is built of is looked at.
    for (const path of times.keys()) if (path.startsWith(PLUGIN_FILE)) times.delete(path);
  }
  const ofPlugin = plugin === undefined ? undefined : await fileTimes(plugin);
  if (ofPlugin !== undefined) times.set(`--plugin ${plugin}`, ofPlugin);
  return times;
}

/** Resolves with the files once they differ from `seen` and have come to rest, or `signal` aborts. */
async function waitForChange(
  look: () => Promise<Times>,
  seen: Times,
  signal: AbortSignal,
): Promise<Times> {
  let before = seen;
  while (await pause(POLL_MS, signal)) {
    const now = await look();
    if (!isSame(now, seen) && isSame(now, before)) return now;
    before = now;
  }
  return seen;
}

function isSame(a: Times, b: Times): boolean {
  return a.size === b.size && [...a].every(([path, { modifiedMs, size }]) => {
    const other = b.get(path);
    return other !== undefined && other.modifiedMs === modifiedMs && other.size === size;
  });
}
