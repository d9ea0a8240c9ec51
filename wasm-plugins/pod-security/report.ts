import type { Reason, Verdict } from "cofferdam/guest";
import { describe } from "./describe.ts";
import type { Field } from "./field.ts";

/** The rules of a value that cannot be read, and of what nobody judged. */
const MALFORMED = "malformed-workload";
const EXEMPT = "exempt-namespace";

/** Nobody reads a thousand; the host takes ten. */
const MAX_REASONS = 1000;

/** Collects the reasons for a verdict: those that deny stand before the others, which make room for them. */
export class Report {
  readonly #denials: Reason[] = [];
  readonly #exempt: Reason[] = [];
  /** Paths of values that cannot be read. */
  readonly #malformed = new Set<string>();
  #omitted = 0;

  /** `field` breaks `rule`; `wanted` says what would not: `allowed: false`. */
  deny(rule: string, field: Field, wanted: string): void {
    // A value that cannot be read denies already, and nothing can be said of what stands in it.
    if (!this.#isMalformed(field)) this.#deny(rule, field, wanted);
  }

  /** `field` cannot be read; said once, however many look. */
  malformed(field: Field, wanted: string): void {
    if (this.#isMalformed(field)) return;
    this.#malformed.add(field.path);
    this.#deny(MALFORMED, field, wanted);
  }

  /** Nobody judges `object`, which denies nothing. */
  exempt(object: Field, why: string): void {
    this.#add(this.#exempt, () => ({
      rule: EXEMPT,
      message: `Not judged: ${why}`,
      severity: "info",
      path: object.path,
    }));
  }

  verdict(): Verdict {
    const all = [...this.#denials, ...this.#exempt];
    const reasons = all.slice(0, MAX_REASONS);
    const omitted = this.#omitted + all.length - reasons.length;
    const last = reasons.at(-1);
    if (last !== undefined && omitted > 0) {
      const message = `${last.message} (and ${omitted} reasons more)`;
      reasons[reasons.length - 1] = { ...last, message };
    }
    return { allowed: this.#denials.length === 0, reasons };
  }

  #deny(rule: string, field: Field, wanted: string): void {
    this.#add(this.#denials, () => {
      const { owner, name, path } = field;
      const what = name === "" ? owner : `${owner}: ${name}`;
      const value = field.isAbsent ? "not set" : describe(field.value);
      return { rule, message: `${what} is ${value}; ${wanted}`, severity: "error", path };
    });
  }

  /** What is left out need not be made. */
  #add(reasons: Reason[], make: () => Reason): void {
    if (reasons.length < MAX_REASONS) reasons.push(make());
    else this.#omitted++;
  }

  #isMalformed(field: Field): boolean {
    if (this.#malformed.size === 0) return false;
    const { path } = field;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (this.#malformed.has(path.slice(0, end))) return true;
    }
    return this.#malformed.has("");
  }
}
