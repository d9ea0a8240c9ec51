import { overLimit, type StateBounds } from "../capability/state-bounds.ts";
import type { StateStore } from "../capability/state-store.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A store of state that lives as long as a test; in the order of keys like the one on disk. */
export class MemoryState implements StateStore {
  /** UTF-8 in hexadecimal: sorted as text it is sorted by its bytes. */
  readonly #values = new Map<string, Uint8Array>();

  constructor(values: Readonly<Record<string, string>> = {}) {
    for (const [key, value] of Object.entries(values)) {
      this.#values.set(hexOf(encoder.encode(key)), encoder.encode(value));
    }
  }

  /** What it holds, in the order of the keys. */
  entries(): Record<string, string> {
    return Object.fromEntries(
      this.#names().map((name) => [
        decoder.decode(bytesOf(name)),
        decoder.decode(this.#values.get(name)),
      ]),
    );
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(hexOf(key));
  }

  list: StateStore["list"] = (prefix, after, limit) => {
    const from = after === undefined ? "" : hexOf(after);
    const names = this.#names()
      .filter((name) => name.startsWith(hexOf(prefix)) && (after === undefined || name > from));
    return { keys: names.slice(0, limit).map(bytesOf), more: names.length > limit };
  };

  usage: StateStore["usage"] = () => {
    const bytes = [...this.#values].reduce(
      (sum, [key, { length }]) => sum + key.length / 2 + length,
      0,
    );
    return { bytes, keys: this.#values.size };
  };

  change: StateStore["change"] = (key, bounds, signal, decide) => {
    // Within the promise, where callers look for errors.
    return Promise.resolve().then(() => {
      const name = hexOf(key);
      const before = this.#values.get(name);
      const decision = signal.aborted ? { write: false } as const : decide(before);
      if (!decision.write || (before === undefined && decision.value === undefined)) {
        return { written: false, before };
      }
      if (decision.value === undefined) this.#values.delete(name);
      else this.#put(name, decision.value, before, bounds);
      return { written: true, before };
    });
  };

  close(): Promise<void> {
    return Promise.resolve();
  }

  #put(
    name: string,
    value: Uint8Array,
    before: Uint8Array | undefined,
    { maxBytes, maxKeys }: StateBounds,
  ): void {
    const used = this.usage();
    const bytes = used.bytes + value.length - (before?.length ?? -name.length / 2);
    if (bytes > maxBytes) {
      throw overLimit(`it would hold ${bytes} bytes, at most ${maxBytes} are granted`);
    }
    const keys = used.keys + (before === undefined ? 1 : 0);
    if (keys > maxKeys) {
      throw overLimit(`it would hold ${keys} keys, at most ${maxKeys} are granted`);
    }
    this.#values.set(name, value);
  }

  #names(): string[] {
    return [...this.#values.keys()].sort();
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
