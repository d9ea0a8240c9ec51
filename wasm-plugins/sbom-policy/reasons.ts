import type { Reason, Severity, Verdict } from "cofferdam/guest";

/** The rules of `plugin.json`. */
export type Rule =
  | "license-allowed"
  | "license-readable"
  | "license-stated"
  | "no-banned-package"
  | "something-listed"
  | "malformed-document"
  | "settings-readable"
  | "more-reasons";

/** Far more than anybody reads, and below what a host takes. */
const MAX_REASONS = 1_000;

/** Of all reasons together, in bytes of JSON at most; a host takes 1 MiB. */
const MAX_BYTES = 900_000;

/** Collects reasons, counts those that there is no room for, and never forgets that there were errors. */
export class Reasons {
  readonly #kept: Reason[] = [];
  #bytes = 0;
  #errors = 0;
  #dropped = 0;
  #droppedErrors = 0;
  #isFull = false;

  /**
   * @param path a JSON Pointer into the document; undefined where it is not about the document
   * @param write the message, which is asked for only where there is room for it
   */
  add(rule: Rule, severity: Severity, path: string | undefined, write: () => string): void {
    if (severity === "error") this.#errors++;
    if (this.#isFull || !this.#keep(rule, severity, path, write())) {
      this.#isFull = true;
      this.#dropped++;
      if (severity === "error") this.#droppedErrors++;
    }
  }

  #keep(rule: Rule, severity: Severity, path: string | undefined, written: string): boolean {
    const encoded = JSON.stringify(written);
    // A UTF-16 unit takes at most three bytes; what is escaped is so here already.
    this.#bytes += 3 * encoded.length + (path?.length ?? 0) + 100;
    if (this.#kept.length >= MAX_REASONS - 1 || this.#bytes > MAX_BYTES) return false;
    // Halves of characters, which no JSON may hold; encoded they stand as "\ud83d".
    const message = encoded.includes("\\ud")
      ? written.replace(/\p{Surrogate}/gu, "\ufffd")
      : written;
    this.#kept.push({ rule, message, severity, ...(path === undefined ? {} : { path }) });
    return true;
  }

  /** What stands at `path` has not the form of its kind. */
  malformed(path: string, wanted: string): void {
    const write = () => `What stands here is not ${wanted}.`;
    this.add("malformed-document", "error", path, write);
  }

  /** True once anything denies. */
  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** The verdict: any error denies, shown or not. */
  verdict(): Verdict {
    const reasons = [...this.#kept];
    if (this.#dropped > 0) {
      reasons.push({
        rule: "more-reasons" satisfies Rule,
        message: `There are ${this.#dropped} reasons more, ${this.#droppedErrors} of them errors.`,
        severity: this.#droppedErrors > 0 ? "error" : "warning",
        path: "",
      });
    }
    return { allowed: !this.hasErrors, reasons };
  }
}
