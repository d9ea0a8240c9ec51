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

/** Lines that wait for the host, at most. */
const MAX_WAITING = 10_000;

/**
 * The host's log. Lines arrive in their order, each when the one before it has arrived; what is written
 * before the host is there waits for it.
 */
export class HostLog {
  #call: Call | undefined;
  #waiting: LogRequest[] = [];
  #sending: Promise<void> = Promise.resolve();

  write(level: LogLevel, message: string): void {
    if (this.#waiting.length === MAX_WAITING) return;
    this.#waiting.push({ severity: SEVERITIES[level], message });
    this.#send();
  }

  /** From now on lines go out. */
  attach(call: Call): void {
    this.#call = call;
    this.#send();
  }

  /** Resolves when the host has what was written so far, or is gone. */
  flush(): Promise<void> {
    return this.#sending;
  }

  #send(): void {
    const call = this.#call;
    if (call === undefined) return;
    for (const line of this.#waiting.splice(0)) {
      // A host that is gone hears nothing more.
      this.#sending = this.#sending.then(() => call(LOG, line).then(() => {}, () => {}));
    }
  }
}
