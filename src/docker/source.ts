import { PluginError } from "../plugin-error.ts";

/** Bytes that are there once, and what reading them failed with. */
export class Source implements AsyncIterable<Uint8Array> {
  readonly #method: string;
  readonly #data: AsyncIterable<Uint8Array>;
  fault: PluginError | undefined;

  constructor(method: string, data: AsyncIterable<Uint8Array>) {
    this.#method = method;
    this.#data = data;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#data;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.fault = new PluginError(
        "input.unreadable",
        `Cannot read what ${this.#method} is to be sent: ${why}`,
        { cause },
      );
      throw this.fault;
    }
  }
}
