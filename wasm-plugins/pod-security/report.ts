import { describe } from "./describe.ts";
import type { Field } from "./field.ts";

/** Why a verdict is as it is. */
export interface Reason {
  readonly rule: string;
  readonly message: string;
  readonly severity: "error" | "warning" | "info";
  /** JSON Pointer into the judged object. */
  readonly path?: string;
}

/** The answer of an admission plugin. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reasons: readonly Reason[];
}

/** The rule of a value that cannot be read. */
const MALFORMED = "malformed-workload";

/** Nobody reads a thousand; the host takes ten. */
const MAX_REASONS = 1000;

/** Collects why an object is denied. */
export class Report {
  readonly #reasons: Reason[] = [];
  /** Paths of values that cannot be read. */
  readonly #malformed = new Set<string>();
  #omitted = 0;

  /** `field` breaks `rule`; `wanted` says what would not: `allowed: false`. */
  deny(rule: string, field: Field, wanted: string): void {
    // A value that cannot be read denies already, and nothing can be said of what stands in it.
    if (!this.#isMalformed(field)) this.#add(rule, field, wanted);
  }

  /** `field` cannot be read; said once, however many look. */
  malformed(field: Field, wanted: string): void {
    if (this.#isMalformed(field)) return;
    this.#malformed.add(field.path);
    this.#add(MALFORMED, field, wanted);
  }

  verdict(): Verdict {
    const reasons = [...this.#reasons];
    const last = reasons.at(-1);
    if (last !== undefined && this.#omitted > 0) {
      const message = `${last.message} (and ${this.#omitted} reasons more)`;
      reasons[reasons.length - 1] = { ...last, message };
    }
    return { allowed: reasons.length === 0, reasons };
  }

  #add(rule: string, field: Field, wanted: string): void {
    if (this.#reasons.length === MAX_REASONS) {
      this.#omitted++;
      return;
    }
    const { owner, name, path } = field;
    const what = name === "" ? owner : `${owner}: ${name}`;
    const value = field.isAbsent ? "not set" : describe(field.value);
    this.#reasons.push({
      rule,
      message: `${what} is ${value}; ${wanted}`,
      severity: "error",
      path,
    });
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
