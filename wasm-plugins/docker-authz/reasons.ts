import type { Reason, Verdict } from "cofferdam/guest";

/** The rules of `plugin.json`. */
export type Rule =
  | "user-allowed"
  | "call-known"
  | "call-seen"
  | "parameter-known"
  | "field-known"
  | "privileged"
  | "host-namespace"
  | "host-mount"
  | "capability-added"
  | "device"
  | "security-option"
  | "masked-path"
  | "shared-with-container"
  | "runtime-option"
  | "image-allowed"
  | "image-pinned"
  | "image-made"
  | "volume-driver"
  | "network-allowed"
  | "swarm"
  | "exec"
  | "secret-variable"
  | "malformed-document"
  | "settings-readable"
  | "more-reasons";

/** More than anybody reads. */
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

  verdict(): Verdict {
    const reasons = [...this.#reasons.values()];
    if (this.#dropped > 0) {
      const rule: Rule = "more-reasons";
      const message = `There are ${this.#dropped} reasons more.`;
      reasons.push({ rule, message, severity: "error", path: "" });
    }
    return { allowed: reasons.length === 0, reasons };
  }
}
