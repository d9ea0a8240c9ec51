import type { ContractName, Manifest } from "../bundle/manifest.ts";
import type { LogLine } from "../capability/log.ts";
import { type ContractMethod, encodeRequest } from "../contract/method.ts";
import { isUtcTime } from "../date.ts";
import type { JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { Callable } from "./callable.ts";

/** How one question is put. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** The time that the plugin sees, RFC 3339 in UTC; the default is the time of the call. */
  readonly now?: string | undefined;
  /** Hears what this call logs, beside the host's own listener. */
  readonly onLog?: ((line: LogLine) => void) | undefined;
}

/** A loaded guest that can be asked. */
export interface AskedGuest {
  readonly manifest: Manifest;
  readonly guest: Callable;
  /** Whether the module exports it as an entry point. */
  has(entry: string): boolean;
  readonly settings: JsonValue;
}

/** How the questions of one method are put and their answers read. */
export interface Question<Request, Answer> {
  readonly contract: ContractName;
  readonly method: Pick<ContractMethod<Request, unknown>, "entry" | "request"> & {
    readonly absent?: Answer;
  };
  /** The network namespace of the container that the question is about. */
  readonly netns?: string | undefined;
  request(header: { readonly settings: JsonValue; readonly now: string }): Request;
  read(request: Request, output: Uint8Array): Answer;
}

/**
 * Asks a guest through one method of a contract.
 *
 * @throws {PluginError} `contract.*`, `sandbox.*`, `usage.invalid`, `call.aborted`
 */
export async function ask<Request, Answer>(
  { manifest, guest, has, settings }: AskedGuest,
  { contract, method, netns, request: put, read }: Question<Request, Answer>,
  { signal, now: given, onLog }: AskOptions = {},
): Promise<Answer> {
  checkImplements(manifest, contract);
  const now = timeOfCall(given);
  const request = put({ settings, now });
  const input = encodeRequest(method.request, request);
  if (method.absent !== undefined && !has(method.entry)) return method.absent;
  const { output } = await guest.call(method.entry, input, { signal, now, onLog, netns });
  return read(request, output);
}

/** @throws {PluginError} `contract.not-implemented` */
export function checkImplements({ name, implements: contracts }: Manifest, contract: string): void {
  if (contracts.some((one) => one.contract === contract)) return;
  throw new PluginError(
    "contract.not-implemented",
    `Cannot ask ${name}: it does not implement "${contract}"`,
  );
}

/** @throws {PluginError} `usage.invalid` for what is no time in UTC */
export function timeOfCall(given: string | undefined): string {
  const now = given ?? new Date().toISOString();
  if (isUtcTime(now)) return now;
  throw new PluginError(
    "usage.invalid",
    `Cannot ask at the time "${now}": wanted 2026-01-31T12:00:00Z`,
  );
}
