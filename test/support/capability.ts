import type { Test } from "uvu";
import type { BlobTable } from "../../src/capability/blob-table.ts";
import type {
  HostCall,
  OpenedCapability,
  PluginIdentity,
} from "../../src/capability/host-function.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";

const NO_BLOBS: BlobTable = {
  get: () => undefined,
  close: () => Promise.resolve(),
  closeAll: () => Promise.resolve(),
};

/** A plugin as its operator named it. */
export function pluginNamed(instance: string): PluginIdentity {
  return { name: "test-plugin", digest: `sha256:${"0".repeat(64)}`, instance };
}

/** A call that has all the time there is. */
export function hostCall(change: Partial<HostCall> = {}): HostCall {
  return {
    entry: "volume_create",
    now: "2026-01-31T12:00:00Z",
    signal: new AbortController().signal,
    blobs: NO_BLOBS,
    ...change,
  };
}

/** What a function answers: what is `ok`, or the error. */
export interface Answer {
  readonly ok?: JsonObject;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Asks a function of an opened capability; a string goes as it is. */
export async function ask(
  opened: OpenedCapability,
  name: string,
  request: JsonValue,
  call: HostCall = hostCall(),
): Promise<Answer> {
  const text = typeof request === "string" ? request : JSON.stringify(request);
  const bytes = await askBytes(opened, name, new TextEncoder().encode(text), call);
  return JSON.parse(new TextDecoder().decode(bytes)) as Answer;
}

/** The same in bytes. */
export async function askBytes(
  opened: OpenedCapability,
  name: string,
  request: Uint8Array,
  call: HostCall = hostCall(),
): Promise<Uint8Array> {
  const found = opened.functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no "${name}"`);
  return await found.answer(request, call);
}

/** Takes what the tests of a suite open, and closes it behind the last of them. */
export function closedAfter(test: Test): (one: OpenedCapability) => OpenedCapability {
  const opened: OpenedCapability[] = [];
  test.after(async () => {
    for (const one of opened) await one.close();
  });
  return (one) => {
    opened.push(one);
    return one;
  };
}
