import { overLimit, type StateBounds } from "../capability/state-bounds.ts";
import type { Changed, KeyPage, KeyQuery, StateChange } from "../capability/state-database.ts";
import type { KeyValueStore } from "../capability/state-store.ts";

const encoder = new TextEncoder();

/** A store of state that lives as long as a test; in the order of keys like the one on disk. */
export class MemoryState implements KeyValueStore {
  readonly #values: Map<string, string>;

  constructor(values: Readonly<Record<string, string>> = {}) {
    this.#values = new Map(Object.entries(values));
  }

  /** What it holds, in the order of the keys. */
  entries(): Record<string, string> {
    return Object.fromEntries(this.#keys().map((key) => [key, this.#values.get(key)!]));
  }

  get(key: string): Promise<string | null> {
    return Promise.resolve(this.#values.get(key) ?? null);
  }

  list({ prefix, after, limit }: KeyQuery): Promise<KeyPage> {
    const keys = this.#keys().filter((key) =>
      key.startsWith(prefix) && (after === undefined || byUtf8(key, after) > 0)
    );
    return Promise.resolve({ keys: keys.slice(0, limit), more: keys.length > limit });
  }

  /** Within the promise, where callers look for errors. */
  async change({ key, value, expected, bounds }: StateChange): Promise<Changed> {
    const before = await this.get(key);
    if (expected !== undefined && before !== expected) return { matched: false, before };
    if (value === null) this.#values.delete(key);
    else this.#put(key, value, before, bounds);
    return { matched: true, before };
  }

  #put(
    key: string,
    value: string,
    before: string | null,
    { maxBytes, maxKeys }: StateBounds,
  ): void {
    const used = [...this.#values].reduce((sum, [k, v]) => sum + sizeOf(k) + sizeOf(v), 0);
    const bytes = used + sizeOf(value) - (before === null ? -sizeOf(key) : sizeOf(before));
    // Where a bound was lowered, there must still be a way to make room.
    if (bytes > maxBytes && bytes > used) {
      throw overLimit(`it would hold ${bytes} bytes, at most ${maxBytes} are granted`);
    }
    const keys = this.#values.size + (before === null ? 1 : 0);
    if (keys > maxKeys && keys > this.#values.size) {
      throw overLimit(`it would hold ${keys} keys, at most ${maxKeys} are granted`);
    }
    this.#values.set(key, value);
  }

  #keys(): string[] {
    return [...this.#values.keys()].sort(byUtf8);
  }
}

function sizeOf(text: string): number {
  return encoder.encode(text).length;
}

/** The order of UTF-8 is that of code points, which is not that of UTF-16. */
function byUtf8(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
