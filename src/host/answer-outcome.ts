import { parseGuestJson } from "../contract/guest-json.ts";
import { isJsonObject } from "../json.ts";

/** What became of a guest's request. */
export interface AnswerOutcome {
  /** `denied` is a refusal for want of a grant; `failed` is any other. */
  readonly outcome: "granted" | "denied" | "failed";
  /** Of a refusal. */
  readonly code?: string;
}

/** What is longer is content: a refusal has at most the words of a CNI plugin in it. */
const MAX_REFUSAL_BYTES = 256 * 1024;

const REFUSAL = new TextEncoder().encode('{"error":{"code":"');

/** What `blob_read` sets before an error, since all else that it answers is bytes of anybody's choice. */
const BLOB_ERROR = 1;

/**
 * Reads from an answer whether it is a refusal, `{"error":{"code","message"}}`. What answers in this
 * form, with `error` as its only member, writes it as canonical JSON, so its beginning tells.
 *
 * @param name Of the function.
 */
export function answerOutcome(name: string, answer: Uint8Array): AnswerOutcome {
  const isFramed = name === "blob_read";
  if (isFramed && answer[0] !== BLOB_ERROR) return { outcome: "granted" };
  const code = refusalCode(isFramed ? answer.subarray(1) : answer);
  if (code === undefined) return { outcome: "granted" };
  return { outcome: code === "capability.denied" ? "denied" : "failed", code };
}

function refusalCode(answer: Uint8Array): string | undefined {
  if (answer.length > MAX_REFUSAL_BYTES) return undefined;
  if (!REFUSAL.every((byte, index) => answer[index] === byte)) return undefined;
  try {
    const value = parseGuestJson(answer);
    const error = isJsonObject(value) && Object.keys(value).length === 1 ? value.error : undefined;
    return isJsonObject(error) && typeof error.code === "string" ? error.code : undefined;
  } catch {
    return undefined;
  }
}
