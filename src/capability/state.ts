import * as v from "valibot";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { boundSchema, checkGrant, NameSchema } from "./grant.ts";
import type { Capability, HostCall, HostFunction, OpenedCapability } from "./host-function.ts";
import { type StateBounds, tooFast } from "./state-bounds.ts";
import { openInstanceStore } from "./state-folder.ts";
import type { Decide, StateStore } from "./state-store.ts";
import { takeToken, type TokenBucket } from "./token-bucket.ts";
import { withinCall } from "./within-call.ts";

/** What an operator grants: a place for state, and how much of it. */
export interface StateGrant extends Partial<StateBounds> {
  /** Made where it is not there, mode 0700; refused where others can write. */
  readonly folder: string;
}

/** LMDB's pages of 4 KiB take keys up to 1,978 bytes. */
const MAX_KEY_BYTES = 1_024;
/** Larger things are no state; a value travels as JSON, up to six times its size. */
const MAX_VALUE_BYTES = 1024 * 1024;

const GrantSchema: v.GenericSchema<unknown, StateGrant> = v.strictObject({
  folder: NameSchema,
  maxBytes: v.exactOptional(boundSchema()),
  maxKeys: v.exactOptional(boundSchema()),
  maxKeyBytes: v.exactOptional(boundSchema(MAX_KEY_BYTES)),
  maxValueBytes: v.exactOptional(boundSchema(MAX_VALUE_BYTES)),
  writesPerSecond: v.exactOptional(boundSchema(1_000_000)),
});

/** The key-value store of an instance: `state_get`, `_put`, `_delete`, `_list`, `_swap`. */
export const state: Capability<StateGrant> = {
  name: "state",
  functions: FUNCTION_NAMES.state,
  open: async (grant, plugin): Promise<OpenedCapability> => {
    const { folder, ...wanted } = checkGrant("state", GrantSchema, grant);
    const bounds: StateBounds = {
      maxBytes: LIMITS.stateBytes,
      maxKeys: LIMITS.stateKeys,
      maxKeyBytes: LIMITS.stateKeyBytes,
      maxValueBytes: LIMITS.stateValueBytes,
      writesPerSecond: LIMITS.stateWritesPerSecond,
      ...wanted,
    };
    const { store, release } = await openInstanceStore(folder, plugin.instance);
    const access = new StateAccess(store, bounds);
    return {
      functions: functionsOf(access),
      close: async () => {
        access.close();
        await release();
      },
    };
  },
};

const KeyRequest = v.strictObject({ key: v.pipe(v.string(), v.nonEmpty()) });

const ListRequest = v.strictObject({
  prefix: v.exactOptional(v.string(), ""),
  after: v.exactOptional(v.string()),
  limit: v.exactOptional(boundSchema(LIMITS.pageNames), LIMITS.pageNames),
});

const PutRequest = v.strictObject({ ...KeyRequest.entries, value: v.string() });

const SwapRequest = v.strictObject({
  ...KeyRequest.entries,
  expected: v.nullable(v.string()),
  value: v.nullable(v.string()),
});

function functionsOf(access: StateAccess): HostFunction[] {
  return [
    jsonFunction("state", "state_get", KeyRequest, ({ key }) => ({ value: access.get(key) })),
    jsonFunction("state", "state_put", PutRequest, async ({ key, value }, call) => {
      const wanted = access.encodeValue(value);
      await access.change("state_put", key, call, () => ({ write: true, value: wanted }));
      return {};
    }),
    jsonFunction("state", "state_delete", KeyRequest, async ({ key }, call) => {
      const deletion: Decide = () => ({ write: true, value: undefined });
      const { written } = await access.change("state_delete", key, call, deletion);
      return { deleted: written };
    }),
    jsonFunction("state", "state_list", ListRequest, ({ prefix, after, limit }) => {
      const { keys, more } = access.list(prefix, after, limit);
      return more ? { keys, next: keys.at(-1)! } : { keys };
    }),
    jsonFunction("state", "state_swap", SwapRequest, async ({ key, expected, value }, call) => {
      const wanted = value === null ? undefined : access.encodeValue(value);
      let swapped = false;
      const { before } = await access.change("state_swap", key, call, (current) => {
        swapped = decode(current) === expected;
        return swapped ? { write: true, value: wanted } : { write: false };
      });
      return { swapped, current: swapped ? value : decode(before) };
    }),
  ];
}

/** A store within the bounds of one grant; everything is measured before it is looked up. */
class StateAccess {
  readonly #store: StateStore;
  readonly #bounds: StateBounds;
  #bucket: TokenBucket | undefined;
  #closed = false;

  constructor(store: StateStore, bounds: StateBounds) {
    this.#store = store;
    this.#bounds = bounds;
  }

  get(key: string): string | null {
    return decode(this.#open().get(this.#encodeKey(key)));
  }

  list(
    prefix: string,
    after: string | undefined,
    limit: number,
  ): { keys: string[]; more: boolean } {
    const from = after === undefined ? undefined : this.#encodeKey(after);
    const { keys, more } = this.#open().list(this.#encodeKey(prefix), from, limit);
    return { keys: keys.map((key) => decode(key)!), more };
  }

  async change(
    name: string,
    key: string,
    call: HostCall,
    decide: Decide,
  ): Promise<{ written: boolean; before: Uint8Array | undefined }> {
    const bytes = this.#encodeKey(key);
    const store = this.#open();
    // Each attempt takes the writers' lock, so that attempts are bounded before it, here; writes are
    // counted behind it as well, for all processes together.
    const taken = takeToken(this.#bucket, performance.now(), this.#bounds.writesPerSecond);
    this.#bucket = taken.bucket;
    if (!taken.ok) throw tooFast(this.#bounds);
    return await withinCall(
      name,
      call,
      () => store.change(bytes, this.#bounds, call.signal, decide),
    );
  }

  encodeValue(value: string): Uint8Array {
    return this.#encode("value", value, this.#bounds.maxValueBytes);
  }

  close(): void {
    this.#closed = true;
  }

  #encodeKey(key: string): Uint8Array {
    return this.#encode("key", key, this.#bounds.maxKeyBytes);
  }

  #encode(what: string, text: string, max: number): Uint8Array {
    // UTF-8 is never shorter than UTF-16 in code units.
    const bytes = text.length > max ? undefined : new TextEncoder().encode(text);
    if (bytes !== undefined && bytes.length <= max) return bytes;
    throw new PluginError(
      "capability.limit",
      `Cannot use this ${what}: it is longer than the ${max} bytes that are granted`,
    );
  }

  #open(): StateStore {
    if (!this.#closed) return this.#store;
    throw new PluginError("capability.failed", "Cannot use the state: it was closed");
  }
}

function decode(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
}
