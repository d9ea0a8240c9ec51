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

/** The rules of a value that cannot be read, and of what nobody judged. */
const MALFORMED = "malformed-workload";
const EXEMPT = "exempt-namespace";

/** Nobody reads a thousand; the host takes ten. */
const MAX_REASONS = 1000;

/** Collects the reasons for a verdict. */
export class Report {
  readonly #reasons: Reason[] = [];
  /** Paths of values that cannot be read. */
  readonly #malformed = new Set<string>();
  #omitted = 0;
  #isDenied = false;

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
    this.#add(() => ({
      rule: EXEMPT,
      message: `Not judged: ${why}`,
      severity: "info",
      path: object.path,
    }));
  }

  verdict(): Verdict {
    const reasons = [...this.#reasons];
    const last = reasons.at(-1);
    if (last !== undefined && this.#omitted > 0) {
      const message = `${last.message} (and ${this.#omitted} reasons more)`;
      reasons[reasons.length - 1] = { ...last, message };
    }
    return { allowed: !this.#isDenied, reasons };
  }

  #deny(rule: string, field: Field, wanted: string): void {
    this.#isDenied = true;
    this.#add(() => {
      const { owner, name, path } = field;
      const what = name === "" ? owner : `${owner}: ${name}`;
      const value = field.isAbsent ? "not set" : describe(field.value);
      return { rule, message: `${what} is ${value}; ${wanted}`, severity: "error", path };
    });
  }

  /** What is left out need not be made. */
  #add(make: () => Reason): void {
    if (this.#reasons.length < MAX_REASONS) this.#reasons.push(make());
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
