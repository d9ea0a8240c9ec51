import { describe } from "./describe.ts";
import type { Report } from "./report.ts";

/** What a field is in: nothing for the judged object itself. */
interface Place {
  readonly parent?: Field;
  /** A member's key or an element's index. */
  readonly step?: string | number;
  /** The name for people from which the names of fields below begin. */
  readonly owner?: string;
}

/**
 * A value of the judged object that knows where it stands. It may be absent, and a null counts as
 * absent, as it does to the API server. What is read as another type than it has is told to the report,
 * which denies it, and reads as absent.
 */
export class Field {
  /** Undefined where nothing is. */
  readonly value: unknown;
  readonly #report: Report;
  readonly #place: Place;

  constructor(report: Report, value: unknown, place: Place) {
    this.#report = report;
    this.value = value;
    this.#place = place;
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  /** JSON Pointer from the judged object. */
  get path(): string {
    const { parent, step } = this.#place;
    if (parent === undefined) return "";
    return `${parent.path}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  }

  /** What the field belongs to, for people: `Container "web"`. */
  get owner(): string {
    return this.#place.owner ?? this.#place.parent?.owner ?? "";
  }

  /** Its name from there: `securityContext.capabilities.add[0]`; that of the owner itself is empty. */
  get name(): string {
    const { parent, step, owner } = this.#place;
    if (parent === undefined || owner !== undefined) return "";
    if (typeof step === "number") return `${parent.name}[${step}]`;
    if (!/^\w{1,64}$/.test(step!)) return `${parent.name}[${describe(step)}]`;
    return parent.name === "" ? step! : `${parent.name}.${step}`;
  }

  /** The same field, as the owner of what is below it. */
  as(owner: string): Field {
    return new Field(this.#report, this.value, { ...this.#place, owner });
  }

  /** Where the keys lead to, through objects. */
  at(...keys: readonly string[]): Field {
    return keys.reduce<Field>((field, key) => field.#member(key), this);
  }

  #member(step: string): Field {
    const object = this.object();
    const value = object !== undefined && Object.hasOwn(object, step) ? object[step] : undefined;
    return new Field(this.#report, value ?? undefined, { parent: this, step });
  }

  /** The elements of a list; there, null is a value like others. */
  items(): Field[] {
    if (!this.isAbsent && !Array.isArray(this.value)) this.refuse("must be a list");
    const values = Array.isArray(this.value) ? this.value : [];
    return values.map((value, step) => new Field(this.#report, value, { parent: this, step }));
  }

  /** The members of an object whose keys are not known before. */
  members(): readonly (readonly [string, Field])[] {
    const fields = Object.keys(this.object() ?? {}).map((key) => [key, this.at(key)] as const);
    return fields.filter(([, field]) => !field.isAbsent);
  }

  /** The members of an object that maps names to texts; to the API server, a null there is empty. */
  texts(): ReadonlyMap<string, Field> {
    const object = this.object() ?? {};
    return new Map(
      Object.keys(object).map((step) => [
        step,
        new Field(this.#report, object[step] ?? "", { parent: this, step }),
      ]),
    );
  }

  object(): Readonly<Record<string, unknown>> | undefined {
    const { value } = this;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
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
    this.#report.malformed(this, wanted);
    return undefined;
  }
}
