import type { CniFault } from "../contract/cni-fault.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { CapabilityError } from "./capability-error.ts";
import { engine } from "./engine.ts";
import type { Host } from "./host.ts";
import { json } from "./intrinsics.ts";
import { refuseAtTopLevel } from "./phase.ts";

/** The imports that a plugin has, by the names of the functions of capabilities. */
export type Slots = Readonly<Record<string, number>>;

/** First byte of an answer of `blob_read`: what follows are the bytes; anything else: an error. */
const BLOB_BYTES = 0;

/**
 * The host, as a plugin sees it.
 *
 * @param slots Those of the capabilities that its manifest asks for.
 */
export function createHost(slots: Slots): Host {
  const ask = <Answer>(name: string, request: unknown): Answer =>
    readAnswer(engine.ask(slotOf(slots, name), json.stringify(request), 0) as string) as Answer;
  const log = (level: string) => (message: string, fields?: JsonObject) => {
    const line = json.stringify({ level, message: String(message), fields });
    engine.ask(slotOf(slots, "log"), line, 0);
  };
  const delegate = (name: string) => (request: unknown) =>
    ask<{ result: JsonValue }>(name, request).result;
  return {
    state: {
      get: (key) => ask<{ value: string | null }>("state_get", { key }).value,
      put: (key, value) => {
        ask("state_put", { key, value });
      },
      delete: (key) => ask<{ deleted: boolean }>("state_delete", { key }).deleted,
      list: (options = {}) => ask("state_list", options),
      swap: (key, expected, value) => ask("state_swap", { key, expected, value }),
      swapAll: (changes) => ask("state_swap_all", { changes }),
    },
    directory: {
      create: (name) => ask<{ created: boolean }>("directory_create", { name }).created,
      list: (options = {}) => ask("directory_list", options),
      stat: (name, options = {}) => ask("directory_stat", { ...options, name }),
      remove: (name) => {
        ask("directory_remove", { name });
      },
      path: (name) => ask<{ path: string }>("directory_path", { name }).path,
    },
    metadata: { list: (request) => ask("metadata_list", request) },
    blob: {
      read: (handle, maxBytes) => readBlob(slotOf(slots, "blob_read"), handle, maxBytes),
      write: (handle, bytes) => writeBlob(slotOf(slots, "blob_write"), handle, bytes),
      close: (handle) => {
        ask("blob_close", { handle });
      },
    },
    delegate: {
      add: delegate("delegate_add"),
      del: delegate("delegate_del"),
      check: delegate("delegate_check"),
      status: delegate("delegate_status"),
      gc: delegate("delegate_gc"),
    },
    exec: { run: (request) => ask("exec_run", request) },
    log: {
      trace: log("trace"),
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    },
  };
}

/** `state_get` belongs to `state`. */
function slotOf(slots: Slots, name: string): number {
  const slot = slots[name];
  refuseAtTopLevel(`"${name}"`);
  if (slot !== undefined) return slot;
  const capability = name.split("_")[0];
  throw new CapabilityError(
    "capability.denied",
    `"${name}" is not this plugin's: add "${capability}" to "capabilities" in plugin.json`,
  );
}

function readAnswer(text: string): unknown {
  const { ok, error } = json.parse(text) as {
    ok?: unknown;
    error?: { code: string; message: string; details?: { cni?: CniFault } };
  };
  if (error !== undefined) {
    throw new CapabilityError(error.code, error.message, error.details?.cni);
  }
  return ok;
}

function readBlob(slot: number, handle: number, maxBytes: number): Uint8Array {
  const answer = engine.ask(slot, json.stringify({ handle, maxBytes }), 1) as Uint8Array;
  const rest = answer.subarray(1);
  if (answer[0] === BLOB_BYTES) return rest;
  readAnswer(decodeURIComponent(Array.from(rest, percentEncoded).join("")));
  throw new CapabilityError("capability.failed", "the host's answer is no error and no bytes");
}

/** There is no TextDecoder; this is only for the few letters of an error. */
function percentEncoded(byte: number): string {
  return `%${byte.toString(16).padStart(2, "0")}`;
}

/** The handle, four bytes in little-endian, and the bytes. */
function writeBlob(slot: number, handle: number, bytes: Uint8Array): number {
  const request = new Uint8Array(bytes.length + 4);
  new DataView(request.buffer).setUint32(0, handle, true);
  request.set(bytes, 4);
  return (readAnswer(engine.ask(slot, request, 0) as string) as { written: number }).written;
}
