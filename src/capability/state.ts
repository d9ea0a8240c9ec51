import * as v from "valibot";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { boundSchema, checkGrant, NameSchema } from "./grant.ts";
import type { Capability, HostCall, HostFunction, OpenedCapability } from "./host-function.ts";
import { type StateBounds, tooFast } from "./state-bounds.ts";
import { openInstanceStore } from "./state-folder.ts";
import type { Changed, KeyChange, KeyPage, StateChange } from "./state-database.ts";
import type { KeyValueStore } from "./state-store.ts";
import { takeToken, type TokenBucket } from "./token-bucket.ts";
import { withinCall } from "./within-call.ts";

/** What an operator grants: a place for state, and how much of it. */
export interface StateGrant extends Partial<StateBounds> {
  /** Made where it is not there, mode 0700; refused where others can write. */
  readonly folder: string;
}

/** Longer things are no names. */
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

/** What counts where a grant says nothing. */
export const STATE_BOUNDS: StateBounds = {
  maxBytes: LIMITS.stateBytes,
  maxKeys: LIMITS.stateKeys,
  maxKeyBytes: LIMITS.stateKeyBytes,
  maxValueBytes: LIMITS.stateValueBytes,
  writesPerSecond: LIMITS.stateWritesPerSecond,
};

/** The key-value store of an instance: `state_get`, `_put`, `_delete`, `_list`, `_swap`, `_swap_all`. */
export const state: Capability<StateGrant> = {
  name: "state",
  functions: FUNCTION_NAMES.state,
  open: async (grant, plugin): Promise<OpenedCapability> => {
    const { folder, ...wanted } = checkGrant("state", GrantSchema, grant);
    const bounds: StateBounds = { ...STATE_BOUNDS, ...wanted };
    const { store, release } = await openInstanceStore(folder, plugin.instance);
    return stateOver(store, bounds, release);
  },
};

/** The functions over a store, wherever it keeps what it is given. */
export function stateOver(
  store: KeyValueStore,
  bounds: StateBounds,
  release: () => Promise<void>,
): OpenedCapability {
  const access = new StateAccess(store, bounds);
  return {
    functions: functionsOf(access),
    close: async () => {
      access.close();
      await release();
    },
  };
}

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

const SwapAllRequest = v.strictObject({
  changes: v.pipe(
    v.array(SwapRequest),
    v.minLength(1, "Invalid changes: Expected some"),
    v.maxLength(LIMITS.stateChanges, `Invalid changes: at most ${LIMITS.stateChanges} are allowed`),
    v.check(
      (changes) => new Set(changes.map(({ key }) => key)).size === changes.length,
      "Invalid changes: a key stands twice",
    ),
  ),
});

function functionsOf(access: StateAccess): HostFunction[] {
  return [
    jsonFunction("state", "state_get", KeyRequest, async ({ key }, call) => ({
      value: await access.get(key, call),
    })),
    jsonFunction("state", "state_put", PutRequest, async (request, call) => {
      await access.change("state_put", [request], call);
      return {};
    }),
    jsonFunction("state", "state_delete", KeyRequest, async ({ key }, call) => {
      const { before } = await access.change("state_delete", [{ key, value: null }], call);
      return { deleted: before[0] !== null };
    }),
    jsonFunction("state", "state_list", ListRequest, async (request, call) => {
      const { keys, more } = await access.list(request, call);
      return more ? { keys, next: keys.at(-1)! } : { keys };
    }),
    jsonFunction("state", "state_swap", SwapRequest, async (request, call) => {
      const { matched, before } = await access.change("state_swap", [request], call);
      return { swapped: matched, current: matched ? request.value : before[0]! };
    }),
    jsonFunction("state", "state_swap_all", SwapAllRequest, async ({ changes }, call) => {
      const { matched, before } = await access.change("state_swap_all", changes, call);
      return { swapped: matched, current: matched ? changes.map(({ value }) => value) : before };
    }),
  ];
}

/** A store within the bounds of one grant; everything is measured before it is looked up. */
class StateAccess {
  readonly #store: KeyValueStore;
  readonly #bounds: StateBounds;
  #bucket: TokenBucket | undefined;
  #closed = false;

  constructor(store: KeyValueStore, bounds: StateBounds) {
    this.#store = store;
    this.#bounds = bounds;
  }

  async get(key: string, call: HostCall): Promise<string | null> {
    this.#measureKey(key);
    const store = this.#open();
    return await withinCall("state_get", call, () => store.get(key, call.signal));
  }

  async list(
    { prefix, after, limit }: v.InferOutput<typeof ListRequest>,
    call: HostCall,
  ): Promise<KeyPage> {
    this.#measureKey(prefix);
    if (after !== undefined) this.#measureKey(after);
    const store = this.#open();
    const query = { prefix, after, limit };
    return await withinCall("state_list", call, () => store.list(query, call.signal));
  }

  async change(
    name: string,
    changes: readonly KeyChange[],
    call: HostCall,
  ): Promise<Changed> {
    for (const { key, value } of changes) {
      this.#measureKey(key);
      if (value !== null) this.#measure("value", value, this.#bounds.maxValueBytes);
    }
    const store = this.#open();
    // Each attempt takes the writers' lock, so that attempts are bounded before it, here; writes are
    // counted behind it as well, for all processes together.
    const taken = takeToken(this.#bucket, performance.now(), this.#bounds.writesPerSecond);
    this.#bucket = taken.bucket;
    if (!taken.ok) throw tooFast(this.#bounds);
    const change: StateChange = { changes, bounds: this.#bounds, now: Date.now() };
    return await withinCall(name, call, () => store.change(change, call.signal));
  }

  close(): void {
    this.#closed = true;
  }

  #measureKey(key: string): void {
    this.#measure("key", key, this.#bounds.maxKeyBytes);
  }

  #measure(what: string, text: string, max: number): void {
    // UTF-8 is never shorter than UTF-16 in code units.
    if (text.length <= max && new TextEncoder().encode(text).length <= max) return;
    throw new PluginError(
      "capability.limit",
      `Cannot use this ${what}: it is longer than the ${max} bytes that are granted`,
    );
  }

  #open(): KeyValueStore {
    if (!this.#closed) return this.#store;
    throw new PluginError("capability.failed", "Cannot use the state: it was closed");
  }
}
