import canonicalize from "canonicalize";
import * as v from "valibot";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/** What every request of a contract with several methods begins with. */
export interface RequestHeader<Contract extends string> {
  readonly contract: Contract;
  readonly version: 1;
  /** The operator's settings; `{}` where there are none. */
  readonly settings: JsonValue;
  /** The time of the call, RFC 3339 in UTC; the guest has no other clock. */
  readonly now: string;
}

/** An answer that says nothing but that it was done. */
export type Done = Readonly<Record<string, never>>;

/** Schema of {@link Done}. */
export const DoneSchema: v.GenericSchema<unknown, Done> = v.strictObject({});

/** One method of a contract: the export that a guest has for it, and the forms of what crosses. */
export interface ContractMethod<Request, Answer> {
  /** `() -> i32`, JSON in, JSON out. */
  readonly entry: string;
  /** What holds for a module without the export; without this, a module must have it. */
  readonly absent?: Answer;
  readonly request: v.GenericSchema<unknown, Request>;
  readonly answer: v.GenericSchema<unknown, Answer>;
}

/** The exports that a module must have which implements the contract of these methods. */
export function requiredEntries(
  methods: Readonly<Record<string, Pick<ContractMethod<unknown, unknown>, "entry" | "absent">>>,
): string[] {
  return Object.values(methods).filter((method) => !("absent" in method)).map((m) => m.entry);
}

/**
 * Checks the form of a request and writes it as canonical JSON (RFC 8785).
 *
 * @throws {PluginError} `contract.input-invalid`, with the place of the first fault
 */
export function encodeRequest<Request>(
  schema: v.GenericSchema<unknown, Request>,
  request: Request,
): Uint8Array {
  const result = v.safeParse(schema, request, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue);
    throw unusableRequest(`${path ? `"${path}": ` : ""}${issue.message}`);
  }
  return canonicalBytes(request);
}

/**
 * Canonical JSON of what a program handed over, which can be anything.
 *
 * @throws {PluginError} `contract.input-invalid`
 */
export function canonicalBytes(request: unknown): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalize(request)!);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusableRequest(`it is no JSON (${why})`, cause);
  }
}

function unusableRequest(why: string, cause?: unknown): PluginError {
  return new PluginError("contract.input-invalid", `Cannot put the request: ${why}`, { cause });
}
