#!/usr/bin/env -S node
import { commandLine, onInterrupt, setExitCode, stderr, stdout } from "../platform/process.ts";
import { PluginError } from "../plugin-error.ts";
import { VERSION } from "../version.ts";
import { mistyped, parseFlags, usage } from "./flags.ts";
import { GLOBAL_FLAGS, overview, verbHelp } from "./help.ts";
import { createLog, type LogOptions } from "./log.ts";
import type { ExitCode, Verb } from "./verb.ts";

/** The verbs, by name; each is loaded when it is called. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  build: async () => (await import("./build.ts")).build,
  check: async () => (await import("./check.ts")).check,
  "cipd serve": async () => (await import("./cipd-serve.ts")).cipdServe,
  "cni call": async () => (await import("./cni-call.ts")).cniCall,
  "cni serve": async () => (await import("./cni-serve.ts")).cniServe,
  "docker serve": async () => (await import("./docker-serve.ts")).dockerServe,
  init: async () => (await import("./init.ts")).init,
  inspect: async () => (await import("./inspect.ts")).inspect,
  "install cni": async () => (await import("./install-cni.ts")).installCni,
  lock: async () => (await import("./lock.ts")).lock,
  pack: async () => (await import("./pack.ts")).pack,
  replay: async () => (await import("./replay.ts")).replay,
  test: async () => (await import("./test.ts")).test,
  "uninstall cni": async () => (await import("./uninstall-cni.ts")).uninstallCni,
  verify: async () => (await import("./verify.ts")).verify,
};

setExitCode(await main(commandLine()));

async function main(args: readonly string[]): Promise<ExitCode> {
  try {
    const [first, ...rest] = args;
    if (first === "--version" || first === "-V") {
      await stdout.write(`cofferdam ${VERSION}\n`);
      return 0;
    }
    if (first === undefined || first === "help" || first === "--help" || first === "-h") {
      const [name] = rest[0] === undefined ? [] : splitVerb(rest[0], rest.slice(1));
      return await showHelp(name, first === undefined);
    }
    const [name, flags] = splitVerb(first, rest);
    if (isSystem(name) && flags.length === 1 && ["--help", "-h"].includes(flags[0]!)) {
      return await showHelp(name, false);
    }
    return await runVerb(await findVerb(name), flags);
  } catch (error) {
    return await report(error, args);
  }
}

/** A verb is one word, or a system's name and a word: `cipd serve`. */
function splitVerb(first: string, rest: string[]): [name: string, rest: string[]] {
  const [second, ...others] = rest;
  if (!isSystem(first) || second === undefined || second.startsWith("-")) return [first, rest];
  return [`${first} ${second}`, others];
}

function isSystem(word: string): boolean {
  return Object.keys(VERBS).some((name) => name.startsWith(`${word} `));
}

async function findVerb(name: string): Promise<Verb> {
  if (Object.hasOwn(VERBS, name)) return await VERBS[name]!();
  const words = Object.keys(VERBS).filter((verb) => verb.split(" ").includes(name));
  if (words.length > 0) throw usage(`"${name}" is one word of a verb: ${words.join(", ")}`);
  const what = name.startsWith("-") ? "flag" : "verb";
  throw mistyped(`the ${what} "${name}" is not known`, name, Object.keys(VERBS));
}

/** Help that was asked for is an answer; any other is a hint that nothing was done. */
async function showHelp(name: string | undefined, isHint: boolean): Promise<ExitCode> {
  // A system's name stands for its verbs.
  const names = Object.keys(VERBS)
    .filter((verb) => name === undefined || verb.startsWith(`${name} `));
  const text = names.length > 1
    ? overview(await Promise.all(names.map(findVerb)))
    : verbHelp(await findVerb(names[0] ?? name!));
  await (isHint ? stderr : stdout).write(text);
  return isHint ? 2 : 0;
}

async function runVerb(verb: Verb, args: readonly string[]): Promise<ExitCode> {
  const flags = parseFlags(args, [...verb.flags, ...GLOBAL_FLAGS]);
  if (flags.has("help")) {
    // `check *` in a folder that holds a file called `--help` must not be done with 0.
    if (flags.given.length > 1 || flags.positionals.length > 0) {
      throw usage('"--help" stands beside other arguments, so nothing was done');
    }
    return await showHelp(verb.name, false);
  }
  const quiet = flags.has("quiet");
  const log = createLog({
    level: (flags.one("log-level") ?? (quiet ? "error" : "info")) as LogOptions["level"],
    format: (flags.one("log-format") ?? "text") as LogOptions["format"],
    write: toStderr,
  });
  const controller = new AbortController();
  let finished: Promise<ExitCode | undefined> = Promise.resolve(undefined);
  const removeHandlers = onInterrupt(async () => {
    controller.abort();
    const code = await finished;
    if (verb.isServer) return code;
    log("error", "interrupted");
    return undefined;
  });
  try {
    const run = verb.run({ flags, log, quiet, stdout, stderr, signal: controller.signal });
    finished = run.catch((): ExitCode => 2);
    return await run;
  } catch (error) {
    if (controller.signal.aborted && !verb.isServer) return 2;
    const { code, message } = PluginError.from(error);
    log("error", message, { code });
    return 2;
  } finally {
    if (!controller.signal.aborted) removeHandlers();
  }
}

/** Nobody can be told that stderr is gone. */
function toStderr(text: string): void {
  stderr.write(text).catch(() => {});
}

/** What goes wrong before a verb has read its flags. */
async function report(thrown: unknown, args: readonly string[]): Promise<ExitCode> {
  const error = PluginError.from(thrown);
  // Loaded only here: nobody waits for it who types well.
  const { suggestionFor } = await import("./suggestion.ts");
  const format = /(^| )--log-format[= ]json( |$)/.test(args.join(" ")) ? "json" : "text";
  const log = createLog({ level: "error", format, write: toStderr });
  log("error", `${error.message}${suggestionFor(error)}`, { code: error.code });
  const verb = Object.hasOwn(VERBS, args[0] ?? "") ? ` ${args[0]}` : "";
  if (format === "text") toStderr(`cofferdam: see "cofferdam${verb} --help"\n`);
  return 2;
}
