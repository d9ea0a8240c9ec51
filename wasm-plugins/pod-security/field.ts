import { isObject, pointerStep } from "../shared/json.ts";
import { describe } from "./describe.ts";
import type { Report } from "./report.ts";

/** A member's key or an element's index. */
type Step = string | number;

/**
 * A value of the judged object that knows where it stands. It may be absent, and a null counts as
 * absent, as it does to the API server. What is read as another type than it has is told to the report,
 * which denies it, and reads as absent.
 */
export class Field {
  /** Undefined where nothing is. */
  readonly value: unknown;
  private readonly report: Report;
  // Few fields are ever told of, so place and name are put together when one is.
  private readonly parent: Field | undefined;
  private readonly steps: readonly Step[];
  private readonly ownName: string | undefined;

  constructor(
    report: Report,
    value: unknown,
    parent?: Field,
    steps: readonly Step[] = [],
    ownName?: string,
  ) {
    this.report = report;
    this.value = value;
    this.parent = parent;
    this.steps = steps;
    this.ownName = ownName;
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  /** JSON Pointer from the judged object. */
  get path(): string {
    const steps = this.steps.map((step) => `/${pointerStep(String(step))}`);
    return `${this.parent?.path ?? ""}${steps.join("")}`;
  }

  /** What the field belongs to, for people: `Container "web"`. */
  get owner(): string {
    return this.ownName ?? this.parent?.owner ?? "";
  }

  /** Its name from there: `securityContext.capabilities.add[0]`; that of the owner itself is empty. */
  get name(): string {
    if (this.parent === undefined || this.ownName !== undefined) return "";
    return this.steps.reduce<string>(nameBelow, this.parent.name);
  }

  /** The same field, as the owner of what is below it. */
  as(owner: string): Field {
    return new Field(this.report, this.value, this.parent, this.steps, owner);
  }

  /** Where the keys lead to, through objects. */
  at(...keys: readonly string[]): Field {
    let value = this.value;
    for (let i = 0; i < keys.length && value !== undefined; i++) {
      if (!isObject(value)) {
        this.below(keys.slice(0, i), value).refuse("must be an object");
        value = undefined;
      } else {
        value = Object.hasOwn(value, keys[i]!) ? value[keys[i]!] ?? undefined : undefined;
      }
    }
    return this.below(keys, value);
  }

  private below(steps: readonly Step[], value: unknown): Field {
    return steps.length === 0 ? this : new Field(this.report, value, this, steps);
  }

  /** The elements of a list; there, null is a value like others. */
  items(): Field[] {
    if (Array.isArray(this.value)) return this.value.map((value, i) => this.below([i], value));
    if (!this.isAbsent) this.refuse("must be a list");
    return [];
  }

  /** The members of an object whose keys are not known before. */
  members(): readonly (readonly [string, Field])[] {
    const fields = Object.keys(this.object() ?? {}).map((key) => [key, this.at(key)] as const);
    return fields.filter(([, field]) => !field.isAbsent);
  }

  /** The members of an object that maps names to texts; to the API server, a null there is empty. */
  texts(): ReadonlyMap<string, Field> {
    const object = this.object() ?? {};
    return new Map(Object.keys(object).map((key) => [key, this.below([key], object[key] ?? "")]));
  }

  object(): Readonly<Record<string, unknown>> | undefined {
    if (isObject(this.value)) return this.value;
    return this.isAbsent ? undefined : this.refuse("must be an object");
  }

  text(): string | undefined {
    if (typeof this.value === "string") return this.value;
    return this.isAbsent ? undefined : this.refuse("must be a string");
  }

  boolean(): boolean | undefined {
    if (typeof this.value === "boolean") return this.value;
    return this.isAbsent ? undefined : this.refuse("must be true or false");
  }

  /** A whole number from 0 to `maximum`, both included. */
  integer(maximum: number): number | undefined {
    const { value } = this;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= maximum) {
      return value;
    }
    return this.isAbsent ? undefined : this.refuse(`must be a whole number from 0 to ${maximum}`);
  }

  /** Tells that the value cannot be used, whatever the controls say. */
  refuse(wanted: string): undefined {
    this.report.malformed(this, wanted);
    return undefined;
  }
}

function nameBelow(name: string, step: Step): string {
  if (typeof step === "number") return `${name}[${step}]`;
  if (!/^\w{1,64}$/.test(step)) return `${name}[${describe(step)}]`;
  return name === "" ? step : `${name}.${step}`;
}
