import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import process from "node:process";
import { inheritableDescriptors } from "./inherited-descriptor.ts";
import { forgetGroup, killGroup, killGroupAtExit } from "./process-group.ts";

/** A program to start; nothing is looked up, expanded or added. */
export interface ChildCommand {
  /** What is executed: an absolute path. */
  readonly file: string;
  /** What the program finds as its own name. */
  readonly argv0: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Whom it runs as, without further groups; absent: as this process does. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** What it reads from standard input; absent: the null device. */
  readonly stdin?: Uint8Array | undefined;
  /** Whether standard input stays open behind that, until {@link RunningChild.endInput}. */
  readonly keepsInput?: boolean | undefined;
}

/** How a process ended: by itself with a code, or by a signal. */
export type ExitStatus =
  | { readonly code: number; readonly signal?: undefined }
  | { readonly code: null; readonly signal: string };

/** What the owner of a child hears. */
export interface ChildListener {
  /** @returns false to have the group killed */
  onOutput(stream: "stdout" | "stderr", chunk: Uint8Array): boolean;
  /** The started process itself has ended, and what was left of its group was killed. */
  onExit(status: ExitStatus): void;
  /** After `onExit`, when nobody holds the output any more or the pipes were closed here. */
  onClose(): void;
}

/** A process that runs in a session, and so in a group, of its own. */
export interface RunningChild {
  /** Kills the process and all that stayed in its group; harmless once it has ended. */
  killGroup(): void;
  /** Ends standard input. */
  endInput(): void;
  /** Gives up what may still come through the pipes. */
  closePipes(): void;
}

/**
 * Why a program did not start; `busy`: somebody still has it open for writing; `unseen`: the system does
 * not show which descriptors it would inherit.
 */
export type StartFault = "missing" | "denied" | "busy" | "unseen" | "other";

/** A program did not start. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly fault: StartFault;

  constructor(fault: StartFault, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.fault = fault;
  }
}

/**
 * Starts a program: no shell, no search in PATH, three descriptors, an own session.
 *
 * @throws {StartError}
 */
export async function startChild(
  command: ChildCommand,
  listener: ChildListener,
): Promise<RunningChild> {
  if (process.platform === "win32") {
    throw new StartError("other", "this system has no process groups");
  }
  const child = spawnExactly(command);
  // Deno and Node report most faults as an event, and then there is no process.
  if (child.pid === undefined) {
    throw await new Promise<StartError>((resolve) => child.on("error", (e) => resolve(asFault(e))));
  }
  const { pid } = child;
  killGroupAtExit(pid);
  let ended = false;
  const kill = () => {
    if (!ended) killGroup(pid);
  };
  child.on("error", () => {});
  for (const name of ["stdout", "stderr"] as const) {
    const stream = child[name]!;
    stream.on("error", () => {});
    stream.on("data", (chunk: Uint8Array) => {
      if (!listener.onOutput(name, chunk)) kill();
    });
  }
  child.on("exit", (code, signal) => {
    // At once and never again: as long as the group has a member the kernel keeps its number, but
    // later the number could be somebody else's.
    kill();
    ended = true;
    forgetGroup(pid);
    listener.onExit(code === null ? { code, signal: signal ?? "unknown" } : { code });
  });
  child.on("close", () => listener.onClose());
  // A program need not read what it is given.
  child.stdin?.on("error", () => {});
  if (command.keepsInput) child.stdin?.write(command.stdin);
  else child.stdin?.end(command.stdin);
  return {
    killGroup: kill,
    endInput: () => void child.stdin?.end(),
    closePipes: () => {
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
  };
}

function spawnExactly(command: ChildCommand): ChildProcess {
  const left = descriptorsToPlug();
  const last = left.at(-1) ?? 2;
  if (last > MAX_DESCRIPTOR) {
    throw new StartError("other", `descriptor ${last} was left open by who started us`);
  }
  const plugs = new Map<number, number>();
  try {
    // One for each: Deno closes what it has put in place.
    for (const fd of left) plugs.set(fd, openSync("/dev/null", "r+"));
    const stdio: ("pipe" | "ignore" | number)[] = [
      command.stdin === undefined ? "ignore" : "pipe",
      "pipe",
      "pipe",
    ];
    for (let fd = 3; fd <= last; fd++) stdio.push(plugs.get(fd) ?? "ignore");
    return spawn(unlikeOurselves(command.file), [...command.args], {
      argv0: command.argv0,
      cwd: command.cwd,
      env: { ...command.env },
      stdio,
      detached: true,
      shell: false,
      ...(command.user === undefined ? {} : { uid: command.user.uid, gid: command.user.gid }),
    });
  } catch (error) {
    throw asFault(error);
  } finally {
    for (const plug of plugs.values()) closeSync(plug);
  }
}

function descriptorsToPlug(): number[] {
  try {
    return inheritableDescriptors();
  } catch (error) {
    throw new StartError("unseen", error);
  }
}

/** The list of descriptors is as long as the highest of them. */
const MAX_DESCRIPTOR = 65_535;

/** Deno rewrites arguments and environment of its own executable, which it knows by its exact path. */
function unlikeOurselves(file: string): string {
  return file === process.execPath ? `/.${file}` : file;
}

function asFault(error: unknown): StartError {
  const { code, message } = error as { code?: string; message?: string };
  // Deno's error for a busy file has no code.
  if (code === "ETXTBSY" || /\(os error 26\)/.test(message ?? "")) {
    return new StartError("busy", error);
  }
  if (code === "ENOENT" || code === "ENOTDIR") return new StartError("missing", error);
  if (code === "EACCES" || code === "EPERM") return new StartError("denied", error);
  return new StartError("other", error);
}
