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
  // deno-lint-ignore require-await -- what it throws is a rejection
  async change({ changes, bounds }: StateChange): Promise<Changed> {
    const before = changes.map(({ key }) => this.#values.get(key) ?? null);
    const isExpected = changes.every(({ expected }, n) =>
      expected === undefined || expected === before[n]
    );
    if (!isExpected) return { matched: false, before };
    const changed = new Map(this.#values);
    for (const { key, value } of changes) {
      if (value === null) changed.delete(key);
      else changed.set(key, value);
    }
    checkBounds(this.#values, changed, bounds);
    for (const { key } of changes) this.#set(key, changed.get(key));
    return { matched: true, before };
  }

  #set(key: string, value: string | undefined): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }

  #keys(): string[] {
    return [...this.#values.keys()].sort(byUtf8);
  }
}

/** Where a bound was lowered, there must still be a way to make room. */
function checkBounds(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  { maxBytes, maxKeys }: StateBounds,
): void {
  const bytes = bytesOf(after);
  if (bytes > maxBytes && bytes > bytesOf(before)) {
    throw overLimit(`it would hold ${bytes} bytes, at most ${maxBytes} are granted`);
  }
  if (after.size > maxKeys && after.size > before.size) {
    throw overLimit(`it would hold ${after.size} keys, at most ${maxKeys} are granted`);
  }
}

function bytesOf(values: ReadonlyMap<string, string>): number {
  return [...values].reduce((sum, [key, value]) => sum + sizeOf(key) + sizeOf(value), 0);
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
