import type { Reason, Verdict } from "cofferdam/guest";

/** The rules of `plugin.json`. */
export type Rule =
  | "package-allowed"
  | "service-allowed"
  | "version-pinned"
  | "hash-allowed"
  | "metadata-required"
  | "metadata-available"
  | "install-mode-allowed"
  | "data-path-inside"
  | "malformed-document"
  | "settings-readable"
  | "more-reasons";

/** More than anybody reads; a message has some 2,000 letters at most, and a host takes 1 MiB. */
const MAX_REASONS = 100;

/** Collects reasons to deny, each once, and counts those that there is no room for. */
export class Reasons {
  readonly #reasons = new Map<string, Reason>();
  #dropped = 0;

  /** @param path a JSON Pointer into the document; undefined where it is not about the document */
  deny(rule: Rule, path: string | undefined, message: string): void {
    const key = JSON.stringify([rule, path, message]);
    if (this.#reasons.has(key)) return;
    if (this.#reasons.size === MAX_REASONS) {
      this.#dropped++;
      return;
    }
    const place = path === undefined ? {} : { path };
    this.#reasons.set(key, { rule, message, severity: "error", ...place });
  }

  /** What stands at `path` has not the form of its kind. */
  malformed(path: string, wanted: string): void {
    this.deny("malformed-document", path, `What stands here is not ${wanted}.`);
  }

  /** True once anything denies. */
  get any(): boolean {
    return this.#reasons.size > 0;
  }

  verdict(): Verdict {
    const reasons = [...this.#reasons.values()];
    if (this.#dropped > 0) {
      const rule: Rule = "more-reasons";
      const message = `There are ${this.#dropped} reasons more.`;
      reasons.push({ rule, message, severity: "error", path: "" });
    }
    return { allowed: !this.any, reasons };
  }
}
