import { json } from "./intrinsics.ts";
import { hintFor } from "./missing-global.ts";

/** A value as `console` shows it: text as it is, errors with their stack, all else as JSON. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return describeThrown(value);
  if (typeof value === "object" && value !== null) {
    try {
      return json.stringify(value) ?? String(value);
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return typeof value === "function" ? `[function ${value.name}]` : String(value);
}

/** What was thrown, in words: name, message and a hint on the first lines, the stack behind them. */
export function describeThrown(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `thrown: ${describeValue(thrown)}`;
  const { name, message, stack } = thrown;
  const hint = name === "ReferenceError" ? hintFor(message) : undefined;
  const head = `${name}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
  return typeof stack === "string" && stack !== "" ? `${head}\n${stack.trimEnd()}` : head;
}
