import { Json } from "./json";
import { JsonWriter } from "./json-writer";

/** The host takes no more than 10,000; nobody reads a thousand. */
const MAX_REASONS = 1000;

/** The host's bound for a message, in UTF-16 code units. */
const MAX_MESSAGE = 10_000;

/** Longest part of a judged text that `quote` repeats. */
const MAX_QUOTE = 200;

/** A reason of severity `error` denies; the others only speak. */
export namespace Severity {
  export const ERROR = "error";
  export const WARNING = "warning";
  export const INFO = "info";
}

class Reason {
  constructor(
    readonly rule: string,
    readonly message: string,
    readonly severity: string,
    readonly at: Json,
  ) {}
}

/** Collects the reasons of one verdict; without an error among them it allows. */
export class Verdict {
  private allowed: bool = true;
  private reasons: Reason[] = [];
  private omitted: i32 = 0;
  /** Why there is no verdict; empty if there is one. */
  failure: string = "";

  /** @param object What is judged; every reason's place lies in it. */
  constructor(private readonly object: Json) {}

  /** Reasons that are kept; a visit that leaves it as it was left nothing behind. */
  get size(): i32 {
    return this.reasons.length;
  }

  /** The object breaks `rule` at the value `at`. */
  deny(rule: string, message: string, at: Json): void {
    this.add(rule, message, at, Severity.ERROR);
  }

  /** Something to look at, which does not deny. */
  warn(rule: string, message: string, at: Json): void {
    this.add(rule, message, at, Severity.WARNING);
  }

  /** Something to know. */
  inform(rule: string, message: string, at: Json): void {
    this.add(rule, message, at, Severity.INFO);
  }

  /**
   * @param at Where it is; if nothing is there, its nearest ancestor is named instead.
   * @param severity One of {@link Severity}.
   */
  add(rule: string, message: string, at: Json, severity: string): void {
    if (severity == Severity.ERROR) this.allowed = false;
    if (this.reasons.length < MAX_REASONS) {
      this.reasons.push(new Reason(rule, message, severity, at.nearest()));
    } else this.omitted++;
  }

  /** Gives up: the caller gets an error instead of a verdict, never an allow. */
  fail(message: string): void {
    if (this.failure == "") this.failure = message;
  }

  /** Writes the verdict with its names in canonical order. */
  write(out: JsonWriter): void {
    out.raw(this.allowed ? '{"allowed":true,"reasons":[' : '{"allowed":false,"reasons":[');
    for (let i = 0; i < this.reasons.length; i++) {
      if (i > 0) out.raw(",");
      const last = i == MAX_REASONS - 1 && this.omitted > 0;
      this.writeReason(this.reasons[i], last ? ` (and ${this.omitted} reasons more)` : "", out);
    }
    out.raw("]}");
  }

  private writeReason(reason: Reason, suffix: string, out: JsonWriter): void {
    out.raw('{"message":').string(cut(reason.message, MAX_MESSAGE - suffix.length) + suffix);
    out.raw(',"path":').string(reason.at.pointer(this.object));
    out.raw(',"rule":').string(reason.rule);
    out.raw(',"severity":').string(reason.severity).raw("}");
  }
}

/** `text` in quotes for a message, cut short where it is long. */
export function quote(text: string): string {
  return text.length > MAX_QUOTE ? `"${cut(text, MAX_QUOTE)}…"` : `"${text}"`;
}

/** At most `length` code units of `text`; a surrogate pair stays whole, as half of one is no UTF-8. */
function cut(text: string, length: i32): string {
  if (text.length <= length) return text;
  const isHigh = (text.charCodeAt(length - 1) & 0xfc00) == 0xd800;
  return text.slice(0, isHigh ? length - 1 : length);
}
