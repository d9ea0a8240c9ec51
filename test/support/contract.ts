import type * as v from "valibot";
import { encodeRequest } from "../../src/contract/method.ts";

/** What a guest reads of a request. @throws {PluginError} `contract.input-invalid` */
export function sentRequest(
  schema: v.GenericSchema<unknown, unknown>,
  request: unknown,
): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(encodeRequest<unknown>(schema, request)));
}

/** What a guest writes: a text as it is, anything else as JSON. */
export function answerBytes(answer: unknown): Uint8Array {
  return new TextEncoder().encode(typeof answer === "string" ? answer : JSON.stringify(answer));
}
