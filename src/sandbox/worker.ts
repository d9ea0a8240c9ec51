import { runWithin, TimeLimitError } from "../platform/time-limit.ts";
import { askOwner, serveMessages, tellOwner } from "../platform/worker.ts";
import { PluginError } from "../plugin-error.ts";
import type { CallHooks } from "./call-state.ts";
import { Guest } from "./guest.ts";
import { loadExtism } from "./link.ts";
import {
  type Answer,
  type CallResult,
  type CallTask,
  type ForgetTask,
  type LogMessage,
  type Question,
  READY,
  type SchemaTask,
  type Task,
  type TaskResult,
} from "./protocol.ts";

/** Guests that this thread has seen; compiled once by the owner, shared by all threads. */
const guests = new Map<number, Guest>();

// Loaded before the first call's time begins.
await loadExtism();

serveMessages(READY, async (incoming) => {
  const task = incoming as Task | ForgetTask;
  if (task.task === "forget") {
    guests.delete(task.moduleId);
    return undefined;
  }
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  try {
    if (task.task === "schema") {
      const faults = await runSchema(task);
      return {
        message: { ok: true, elapsedMs: elapsed(), faults } satisfies TaskResult,
        transfer: [],
      };
    }
    const { output, fuel } = await runCall(task, elapsed);
    const { buffer } = output as Uint8Array<ArrayBuffer>;
    return {
      message: { ok: true, elapsedMs: elapsed(), output: buffer, fuel } satisfies TaskResult,
      transfer: [buffer],
    };
  } catch (error) {
    const { code, message, details } = asPluginError(error);
    return {
      message: {
        ok: false,
        elapsedMs: elapsed(),
        code,
        message,
        ...(typeof details.fuel === "number" ? { fuel: details.fuel } : {}),
      } satisfies TaskResult,
      transfer: [],
    };
  }
});

async function runSchema(task: SchemaTask) {
  const { checkSchema } = await import("./schema-task.ts");
  return runWithin(task.timeoutMs, () => checkSchema(task.schema, task.value));
}

function asPluginError(error: unknown): PluginError {
  if (!(error instanceof TimeLimitError)) return PluginError.from(error);
  return new PluginError("sandbox.timeout", error.message, { cause: error });
}

async function runCall(task: CallTask, elapsed: () => number): Promise<CallResult> {
  const { moduleId, entry, now, limits } = task;
  if (task.forget !== undefined) guests.delete(task.forget);
  if (task.guest !== undefined) {
    guests.set(moduleId, new Guest(task.guest.module, task.guest.spec));
  }
  const guest = guests.get(moduleId)!;
  await guest.prepare();
  const call = { entry, input: new Uint8Array(task.input), now, limits };
  const hooks: CallHooks = {
    log: (log) => tellOwner({ log } satisfies LogMessage),
    ask: (name, request) => ask(name, request, limits.timeoutMs - elapsed()),
  };
  try {
    return runWithin(limits.timeoutMs, () => guest.run(call, hooks));
  } catch (error) {
    // It was stopped from outside, in whatever it was doing.
    if (error instanceof TimeLimitError) guest.discard();
    throw error;
  }
}

function ask(name: string, request: Uint8Array, timeoutMs: number): Uint8Array {
  const buffer = request.buffer as ArrayBuffer;
  const question: Question = { ask: name, request: buffer };
  const answer = askOwner(question, [buffer], timeoutMs) as Answer | undefined;
  if (answer?.ok) return new Uint8Array(answer.answer);
  throw answer === undefined
    ? new PluginError("sandbox.timeout", `"${name}" was not answered in the time of the call`)
    : new PluginError(answer.code, answer.message);
}
