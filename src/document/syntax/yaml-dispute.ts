import { quote } from "../source-text.ts";
import type { DisputeType } from "../tree.ts";
import { readGoScalar } from "./yaml-go-scalar.ts";
import { readPlainScalar } from "./yaml-scalar.ts";

/** What is to be said about a scalar that readers see different values in. */
export interface ScalarDispute {
  readonly type: DisputeType;
  readonly message: string;
}

const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/**
 * What a plain scalar is to the YAML libraries of Go and not to YAML 1.2.
 *
 * @param claimsYaml11 whether the document says to be YAML 1.1, whose numbers of base 60 count then
 * @see YamlDispute in ../tree.ts
 */
export function findDispute(
  text: string,
  claimsYaml11: boolean,
): ScalarDispute | undefined {
  const go = readGoScalar(text);
  if (go === "unknown") return { type: "wide-number", message: numberMessage(text) };
  if (go === undefined) {
    return claimsYaml11 && SEXAGESIMAL.test(text)
      ? { type: "number", message: numberMessage(text) }
      : undefined;
  }
  const core = readPlainScalar(text);
  if ("value" in core && core.value === go.value) return undefined;
  if (typeof go.value === "boolean") {
    const message =
      `the plain word ${quote(text)} is ${go.value} to YAML 1.1 and text to YAML 1.2; ` +
      `quote it, or write ${go.value}`;
    return { type: "word", message };
  }
  return { type: "number", message: numberMessage(text) };
}

function numberMessage(text: string): string {
  return `${quote(text)} is another number to YAML 1.1 than to YAML 1.2; write it in plain ` +
    "decimal digits, or quote it";
}
