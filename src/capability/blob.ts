import * as v from "valibot";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { encodeError, jsonFunction } from "./answer.ts";
import type { Blob } from "./blob-table.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { boundSchema, checkGrant } from "./grant.ts";
import type { Capability, HostCall, HostFunction } from "./host-function.ts";
import { parseRequest } from "./request.ts";
import { withinCall } from "./within-call.ts";

/** What one call may move through the blobs that its caller handed over. */
export interface BlobGrant {
  readonly maxReadBytes?: number;
  readonly maxWriteBytes?: number;
}

const GrantSchema: v.GenericSchema<unknown, BlobGrant> = v.strictObject({
  maxReadBytes: v.exactOptional(boundSchema()),
  maxWriteBytes: v.exactOptional(boundSchema()),
});

/** First byte of an answer of `blob_read`: what follows are the bytes, or the error in JSON. */
const BLOB_BYTES = 0;
export const BLOB_ERROR = 1;

/** Streams that the caller handed over, by handle: `blob_read`, `_write`, `_close`. */
export const blob: Capability<BlobGrant> = {
  name: "blob",
  functions: FUNCTION_NAMES.blob,
  open: (wanted) => {
    // Within the promise, where callers look for errors.
    return Promise.resolve(wanted).then((grant) => {
      const { maxReadBytes = LIMITS.blobBytes, maxWriteBytes = LIMITS.blobBytes } = checkGrant(
        "blob",
        GrantSchema,
        grant,
      );
      return {
        functions: [reader(maxReadBytes), writer(maxWriteBytes), closer()],
        close: () => Promise.resolve(),
      };
    });
  },
};

const Handle = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffff_ffff));

const ReadRequest = v.strictObject({ handle: Handle, maxBytes: boundSchema() });

const CloseRequest = v.strictObject({ handle: Handle });

function reader(maxBytes: number): HostFunction {
  const read = new Budget("read", maxBytes);
  return {
    capability: "blob",
    name: "blob_read",
    answer: async (bytes, call) => {
      try {
        const request = parseRequest("blob_read", ReadRequest, bytes);
        const wanted = Math.min(request.maxBytes, LIMITS.blobChunkBytes);
        const source = find(call, request.handle);
        if (source.read === undefined) throw denied(request.handle, "read");
        // One byte more shows whether a stream goes on behind the bound, or ends there.
        const most = Math.min(wanted, Math.max(1, read.left(call)));
        const chunk = await settle("blob_read", call, () => source.read!(most));
        if (!(chunk instanceof Uint8Array) || chunk.length > most) throw broken("blob_read");
        read.use(call, chunk.length);
        return framed(BLOB_BYTES, chunk);
      } catch (error) {
        return framed(BLOB_ERROR, encodeError("blob_read", error, call));
      }
    },
  };
}

function writer(maxBytes: number): HostFunction {
  const written = new Budget("write", maxBytes);
  return {
    capability: "blob",
    name: "blob_write",
    answer: async (request, call) => {
      try {
        if (request.length < HANDLE_BYTES) {
          throw new PluginError(
            "capability.invalid",
            `Cannot answer "blob_write": it has ${request.length} bytes, wanted a handle of 4 first`,
          );
        }
        const length = request.length - HANDLE_BYTES;
        if (length > LIMITS.blobChunkBytes) {
          throw new PluginError(
            "capability.limit",
            `Cannot write ${length} bytes at a time, at most ${LIMITS.blobChunkBytes}`,
          );
        }
        const handle = new DataView(request.buffer, request.byteOffset).getUint32(0, true);
        const target = find(call, handle);
        if (target.write === undefined) throw denied(handle, "write");
        written.use(call, length);
        // A copy: whoever takes it may keep it, and the request's memory may be used again.
        const bytes = request.slice(HANDLE_BYTES);
        await settle("blob_write", call, () => target.write!(bytes));
        return new TextEncoder().encode(`{"ok":{"written":${length}}}`);
      } catch (error) {
        return encodeError("blob_write", error, call);
      }
    },
  };
}

const HANDLE_BYTES = 4;

function closer(): HostFunction {
  return jsonFunction("blob", "blob_close", CloseRequest, async ({ handle }, call) => {
    find(call, handle);
    await settle("blob_close", call, () => call.blobs.close(handle));
    return {};
  });
}

/** What is left of a bound, for each call by itself. */
class Budget {
  readonly #verb: string;
  readonly #max: number;
  readonly #used = new WeakMap<HostCall, number>();

  constructor(verb: string, max: number) {
    this.#verb = verb;
    this.#max = max;
  }

  left(call: HostCall): number {
    return this.#max - (this.#used.get(call) ?? 0);
  }

  /** @throws {PluginError} `capability.limit` */
  use(call: HostCall, bytes: number): void {
    if (bytes > this.left(call)) {
      throw new PluginError(
        "capability.limit",
        `Cannot ${this.#verb} more: ${this.#max} bytes are granted for one call`,
      );
    }
    this.#used.set(call, (this.#used.get(call) ?? 0) + bytes);
  }
}

/** A stream that throws harms its own call only, and its words stay with the host. */
async function settle<T>(name: string, call: HostCall, work: () => Promise<T>): Promise<T> {
  return await withinCall(name, call, async () => {
    try {
      return await work();
    } catch {
      throw broken(name);
    }
  });
}

function find(call: HostCall, handle: number): Blob {
  const found = call.blobs.get(handle);
  if (found !== undefined) return found;
  throw new PluginError("capability.not-found", `Cannot find the blob ${handle} in this call`);
}

function denied(handle: number, verb: string): PluginError {
  return new PluginError("capability.denied", `Cannot ${verb} the blob ${handle}: not for that`);
}

function broken(name: string): PluginError {
  return new PluginError("capability.failed", `Cannot answer "${name}": the stream failed`);
}

function framed(first: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + 1);
  bytes[0] = first;
  bytes.set(rest, 1);
  return bytes;
}
