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
  | "template"
  | "exec"
  | "secret-variable"
  | "malformed-document"
  | "settings-readable"
  | "more-reasons";

/** More than anybody reads. */
const MAX_REASONS = 100;

/** Thrown where a reason more would be of no use; there are enough to deny. */
export class EnoughReasons extends Error {}

/** Collects reasons to deny, each once, up to as many as are shown. */
export class Reasons {
  readonly #reasons = new Map<string, Reason>();
  #isFull = false;

  /**
   * @param path a JSON Pointer into the document; undefined where it is not about the document
   * @throws {EnoughReasons} Where there is no room for it.
   */
  deny(rule: Rule, path: string | undefined, message: string): void {
    const key = JSON.stringify([rule, path, message]);
    if (this.#reasons.has(key)) return;
    if (this.#reasons.size === MAX_REASONS) {
      this.#isFull = true;
      throw new EnoughReasons();
    }
    const place = path === undefined ? {} : { path };
    this.#reasons.set(key, { rule, message, severity: "error", ...place });
  }

  verdict(): Verdict {
    const reasons = [...this.#reasons.values()];
    if (this.#isFull) {
      const rule: Rule = "more-reasons";
      const message = `There are more than ${MAX_REASONS} reasons; the rest was not looked at.`;
      reasons.push({ rule, message, severity: "error", path: "" });
    }
    return { allowed: reasons.length === 0, reasons };
  }
}
