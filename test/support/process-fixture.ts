import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { OpenedCapability } from "../../src/capability/host-function.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { type ErrorCode, PluginError } from "../../src/plugin-error.ts";
import { ask as askAnswer, hostCall } from "./capability.ts";
import type { TestFolder } from "./folder.ts";

/** Writes a script of /bin/sh. @returns its path */
export async function writeScript(
  folder: TestFolder,
  name: string,
  body: string,
): Promise<string> {
  const path = join(folder.path, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Whether a process runs; one that is dead and not yet buried does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "latin1");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0]!);
  } catch {
    return false;
  }
}

/** Fails when the process goes on: a kill is sent at once, but takes effect a little later. */
export async function checkEnds(pid: number): Promise<void> {
  assert.ok(Number.isInteger(pid) && pid > 1, `no process: ${pid}`);
  for (let attempt = 0; attempt < 200; attempt++) {
    if (!await isRunning(pid)) return;
    await pause(10);
  }
  assert.unreachable(`process ${pid} is still there`);
}

/** Reads a file that a child writes, as soon as it has a whole line. */
export async function readLineOf(path: string): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text.endsWith("\n")) return text.trim();
    await pause(10);
  }
  throw new Error(`"${path}" was never written`);
}

/**
 * The process that a program named in `note` before its time was over. A busy machine may need more of
 * it, so it is doubled until there is a note.
 */
export async function pidAtDeadline(
  note: string,
  run: (timeoutMs: number) => Promise<unknown>,
): Promise<number> {
  for (let timeoutMs = 250; timeoutMs < 60_000; timeoutMs *= 2) {
    await rejection(run(timeoutMs), "capability.timeout");
    const text = await readFile(note, "utf8").catch(() => "");
    if (text.endsWith("\n")) return Number(text);
  }
  throw new Error(`"${note}" was never written`);
}

/** Children of the process `pid` that nobody has buried. */
export async function zombiesOf(pid: number): Promise<number> {
  let count = 0;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "latin1").catch(() => "");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" && Number(parent) === pid) count++;
  }
  return count;
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The plugin that asks. */
export const ASKER = { name: "asker", digest: `sha256:${"0".repeat(64)}`, instance: "asker" };

/** What a function answers, parsed. */
export async function ask(
  opened: OpenedCapability,
  name: string,
  request: JsonValue,
  signal?: AbortSignal,
): Promise<JsonObject> {
  const call = hostCall(signal === undefined ? {} : { signal });
  return { ...await askAnswer(opened, name, request, call) };
}

/** The `ok` of an answer; fails for a refusal. */
export async function askOk(
  opened: OpenedCapability,
  name: string,
  request: JsonValue,
): Promise<JsonObject> {
  const answer = await ask(opened, name, request);
  assert.ok("ok" in answer, JSON.stringify(answer));
  return answer["ok"] as JsonObject;
}

/** The message of a refusal; fails where there is none, or of another code. */
export async function askRefused(
  opened: OpenedCapability,
  name: string,
  request: JsonValue,
  code: ErrorCode,
): Promise<string> {
  const { error } = await ask(opened, name, request) as {
    error?: { code: string; message: string };
  };
  assert.is(error?.code, code, JSON.stringify(error));
  return error!.message;
}

/** The error that a promise ends with; fails for another code. */
export async function rejection(promise: Promise<unknown>, code: ErrorCode): Promise<PluginError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, PluginError);
    assert.is((error as PluginError).code, code, (error as Error).message);
    return error as PluginError;
  }
  return assert.unreachable("it did not fail") as never;
}
