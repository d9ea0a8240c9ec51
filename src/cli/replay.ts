import type { ReplayDifference, ReplayResult } from "../host/replay.ts";
import { PluginError } from "../plugin-error.ts";
import { usage } from "./flags.ts";
import { visible } from "./format/visible.ts";
import { readCount, readDuration, readPages } from "./units.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam replay`: makes recorded calls again and compares. */
export const replay: Verb = {
  name: "replay",
  summary: "Make recorded calls again, with no capability at all, and compare",
  usage: "RECORDING --plugin P.wasm [--plugin Q.wasm]",
  denoPermissions: "--allow-read --allow-env --allow-sys=cpus",
  flags: [
    { name: "plugin", value: "FILE", repeats: true, help: "a plugin whose calls were recorded" },
    { name: "timeout", value: "TIME", help: "what one call may take: 500ms, 5s" },
    { name: "fuel", value: "N", help: "the most that a recorded call may have been allowed" },
    { name: "memory", value: "SIZE", help: "likewise its memory: pages of 64 KiB, or 64MiB" },
  ],
  notes:
    `RECORDING is what "cofferdam check --record" wrote. What a plugin asks of the host is compared
byte for byte and answered from the recording, in its order; then output, error code and fuel are.
A call that was ended by a clock or from outside is skipped by name.
Exit code: 0 identical, 1 something differs, 2 could not tell: the recording or a line of it cannot
be read, is redacted, belongs to another plugin, or was allowed more than --fuel and --memory say (by
default what "check" allows by default); a call ran out of time; or none was compared.`,
  run: runReplay,
};

async function runReplay({ flags, stdout, signal }: VerbContext): Promise<ExitCode> {
  const [path, ...more] = flags.positionals;
  if (path === undefined || more.length > 0) throw usage("wanted one RECORDING");
  const plugins = flags.all("plugin");
  if (plugins.length === 0) throw usage('"--plugin" is missing: replay RECORDING --plugin P.wasm');
  const timeout = flags.one("timeout");
  const fuel = flags.one("fuel");
  const memory = flags.one("memory");
  const bounds = {
    fuel: fuel === undefined ? undefined : readCount("fuel", fuel),
    memoryPages: memory === undefined ? undefined : readPages("memory", memory),
  };
  const { openReplayHost, readRecording } = await import("../host/open-replayer.ts");
  const host = await openReplayHost(
    plugins,
    timeout === undefined ? undefined : readDuration("timeout", timeout),
  );
  const counts: Counts = { identical: 0, different: 0, skipped: 0, untold: 0 };
  try {
    for await (const { number, call } of readRecording(path, bounds)) {
      const result = call instanceof PluginError ? call : await host.replay(call, signal)
        .catch((error) => PluginError.from(error));
      if (result instanceof PluginError && result.code === "call.aborted") throw result;
      const what = call instanceof PluginError ? "" : ` "${call.entry}" of ${call.plugin.name}`;
      counts[result instanceof PluginError ? "untold" : result.status]++;
      await stdout.write(lineOf(`call ${number}${what}`, result));
    }
  } finally {
    await host.close();
  }
  await stdout.write(summary(counts));
  return exitCodeOf(counts);
}

interface Counts {
  identical: number;
  different: number;
  skipped: number;
  untold: number;
}

function lineOf(call: string, result: ReplayResult | PluginError): string {
  if (result instanceof PluginError) {
    return `${visible(`${call}: could not tell: ${result.message} [${result.code}]`)}\n`;
  }
  switch (result.status) {
    case "identical":
      return "";
    case "skipped":
      return `${
        visible(`${call}: skipped: it ended in ${result.code}, which is not repeatable`)
      }\n`;
    case "different":
      return `${visible(`${call}: different: ${describe(result.difference)}`)}\n`;
  }
}

function describe(difference: ReplayDifference): string {
  const { what, capability, path, offset, recorded, replayed } = difference;
  const subject = capability === undefined
    ? what
    : `capability call ${capability.number} ("${capability.function}")`;
  const place = path === undefined
    ? offset === undefined ? "" : ` at byte ${offset}`
    : ` at "${path}"`;
  return `${subject}${place}: recorded ${recorded}, replayed ${replayed}`;
}

/** `identical: 12 calls, 1 skipped`. */
function summary({ identical, different, skipped, untold }: Counts): string {
  const total = identical + different + skipped + untold;
  const calls = `${total} ${total === 1 ? "call" : "calls"}`;
  const counted: readonly [number, string][] = [
    [different, "different"],
    [skipped, "skipped"],
    [untold, "could not tell"],
  ];
  const rest = counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const isIdentical = identical > 0 && different === 0 && untold === 0;
  const first = isIdentical ? `identical: ${calls}` : `${calls}: ${identical} identical`;
  return `${[first, ...rest].join(", ")}\n`;
}

function exitCodeOf({ identical, different, untold }: Counts): ExitCode {
  if (untold > 0 || identical + different === 0) return 2;
  return different > 0 ? 1 : 0;
}
