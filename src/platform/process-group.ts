import process from "node:process";

/** Groups whose leader nobody has seen end. */
const running = new Set<number>();

/** Whether the listeners stand; only while something runs. */
let listens = false;

/**
 * Has a process group killed when this process ends before {@link forgetGroup}: a session of its own does
 * not end with ours, nor does it hear of an interrupt at the terminal. A signal that this process itself
 * listens for elsewhere is left to that listener, for it may mean no end at all.
 *
 * SIGKILL, and what the runtime dies of by itself (no memory, on Deno an uncaught error), go unnoticed.
 */
export function killGroupAtExit(pid: number): void {
  running.add(pid);
  listen();
}

/** Ends what {@link killGroupAtExit} began. */
export function forgetGroup(pid: number): void {
  running.delete(pid);
  if (running.size === 0) stopListening();
}

/** Kills a group, if it is there. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nobody is left. EPERM: what is left is not ours to end (a set-uid program).
  }
}

/** What ends a process that does not listen for it, and can be listened for; `exit` does not tell of them. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"];

/** Signals that lost a listener in this very turn. */
const justRemoved = new Set<string | symbol>();

function listen(): void {
  if (listens) return;
  listens = true;
  process.on("exit", killAll);
  // Deno calls listeners in the order they came, so one that came before ours and is to be called once
  // is gone when ours asks for others.
  process.on("removeListener", noteRemoval);
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
}

function stopListening(): void {
  if (!listens) return;
  listens = false;
  process.removeListener("exit", killAll);
  process.removeListener("removeListener", noteRemoval);
  for (const signal of SIGNALS) process.removeListener(signal, onSignal);
}

function killAll(): void {
  running.forEach(killGroup);
}

function noteRemoval(name: string | symbol): void {
  justRemoved.add(name);
  // A signal's listeners are all called before any microtask.
  queueMicrotask(() => justRemoved.delete(name));
}

function onSignal(signal: NodeJS.Signals): void {
  const isHandled = process.listenerCount(signal) > 1 || justRemoved.has(signal);
  if (isHandled) return;
  killAll();
  stopListening();
  // Now it does what it would have done without us.
  process.kill(process.pid, signal);
}
