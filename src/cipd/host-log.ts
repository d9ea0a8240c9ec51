import type { LogLevel } from "../capability/log.ts";
import type { Call } from "./host-metadata.ts";
import { LOG, type LogRequest } from "./wire.ts";

const SEVERITIES: Readonly<Record<LogLevel, LogRequest["severity"]>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

/** Lines that wait to be sent, at most. */
const MAX_WAITING = 10_000;

/** Nobody waits longer for lines to arrive: a verdict counts for more than the log. */
const FLUSH_MS = 500;

/** Who waits until so many lines have arrived. */
interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/**
 * The host's log. Lines arrive in their order, each when the one before it has arrived; what is written
 * before the host is there waits for it. What is too much is left out, and a line says so.
 */
export class HostLog {
  #call: Call | undefined;
  #waiting: LogRequest[] = [];
  #dropped = 0;
  #written = 0;
  #arrived = 0;
  #isSending = false;
  #waiters: Waiter[] = [];

  write(level: LogLevel, message: string): void {
    if (this.#waiting.length === MAX_WAITING) {
      this.#dropped++;
      return;
    }
    this.#waiting.push({ severity: SEVERITIES[level], message });
    this.#written++;
    void this.#send();
  }

  /** From now on lines go out. */
  attach(call: Call): void {
    this.#call = call;
    void this.#send();
  }

  /** Resolves when the host has what was written so far, or is gone, or takes too long. */
  flush(): Promise<void> {
    const count = this.#written;
    if (this.#arrived >= count) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS);
      const arrive = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiters.push({ count, resolve: arrive });
    });
  }

  async #send(): Promise<void> {
    const call = this.#call;
    if (call === undefined || this.#isSending) return;
    this.#isSending = true;
    try {
      for (let line = this.#next(); line !== undefined; line = this.#next()) {
        // A host that is gone hears nothing more.
        await call(LOG, line).catch(() => {});
        this.#arrived++;
        while (this.#waiters[0] !== undefined && this.#waiters[0].count <= this.#arrived) {
          this.#waiters.shift()!.resolve();
        }
      }
    } finally {
      this.#isSending = false;
    }
  }

  #next(): LogRequest | undefined {
    const line = this.#waiting.shift();
    if (line !== undefined || this.#dropped === 0) return line;
    const message =
      `${this.#dropped} lines were left out: they came faster than the host took them`;
    this.#dropped = 0;
    this.#written++;
    return { severity: "warning", message };
  }
}
