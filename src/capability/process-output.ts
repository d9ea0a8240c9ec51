import type { ChildListener, ExitStatus, RunningChild } from "../platform/child-process.ts";
import { Latch } from "./latch.ts";

/** What a program did. */
export interface ProcessResult {
  readonly status: ExitStatus;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** The output is not all there: too much of it, or something that outlived the group held it open. */
  readonly truncated: boolean;
}

/** How long the output may stay open after the group is dead: what is in the pipes is read by then. */
const HELD_OPEN_MS = 200;

/** How long a killed process may take to end; beyond that the kernel keeps it in a call. */
const LAST_MS = 2_000;

/** Listens to one child to its end. */
export class ProcessOutput implements ChildListener {
  readonly #outputs: Readonly<Record<"stdout" | "stderr", BoundedBytes>>;
  readonly #exited = new Latch();
  readonly #closed = new Latch();
  #status: ExitStatus | undefined;

  /** @param maxBytes For stdout and stderr each; what writes more is ended. */
  constructor(maxBytes: number) {
    this.#outputs = { stdout: new BoundedBytes(maxBytes), stderr: new BoundedBytes(maxBytes) };
  }

  onOutput(stream: "stdout" | "stderr", chunk: Uint8Array): boolean {
    return this.#outputs[stream].add(chunk);
  }

  onExit(status: ExitStatus): void {
    this.#status = status;
    this.#exited.open();
  }

  onClose(): void {
    this.#closed.open();
  }

  /** Waits for the end; when the signal aborts, brings it about and throws the signal's reason. */
  async result(child: RunningChild, signal: AbortSignal): Promise<ProcessResult> {
    const aborted = new Latch();
    signal.addEventListener("abort", aborted.open, { once: true });
    if (signal.aborted) aborted.open();
    try {
      await this.#exited.wait([aborted]);
      if (!aborted.isOpen) await this.#closed.wait([aborted], HELD_OPEN_MS);
      if (aborted.isOpen) {
        child.killGroup();
        await this.#exited.wait([], LAST_MS);
      }
      const { stdout, stderr } = this.#outputs;
      const truncated = stdout.isCut || stderr.isCut || !this.#closed.isOpen;
      child.closePipes();
      if (aborted.isOpen) throw signal.reason;
      return { status: this.#status!, stdout: stdout.bytes(), stderr: stderr.bytes(), truncated };
    } finally {
      signal.removeEventListener("abort", aborted.open);
    }
  }
}

/** Collects in one buffer: a flood of one-byte writes must cost no object each. */
class BoundedBytes {
  readonly #maxBytes: number;
  #buffer = new Uint8Array(0);
  #length = 0;
  isCut = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false once there was more than fits */
  add(chunk: Uint8Array): boolean {
    const taken = chunk.subarray(0, this.#maxBytes - this.#length);
    if (taken.length < chunk.length) this.isCut = true;
    const length = this.#length + taken.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(length * 2, this.#maxBytes));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(taken, this.#length);
    this.#length = length;
    return !this.isCut;
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
}
