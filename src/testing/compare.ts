import canonicalize from "canonicalize";
import type { Verdict } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";
import type { PluginError } from "../plugin-error.ts";
import type { Expectation } from "./case.ts";
import type { Difference } from "./report.ts";

/** What of a verdict is not as a case expects it. */
export function compareVerdict(expect: Expectation, verdict: Verdict): Difference[] {
  const { allowed, reasons, annotations } = verdict;
  const messages = reasons.map((reason) => reason.message);
  return [
    ...equal("allowed", expect.allowed, allowed),
    ...equal("rules", expect.rules, reasons.map((reason) => reason.rule)),
    ...equal("paths", expect.paths, reasons.map((reason) => reason.path ?? null)),
    ...equal("severities", expect.severities, reasons.map((reason) => reason.severity)),
    ...holdsEach(expect.messages, messages),
    ...equal("annotations", expect.annotations, annotations ?? null),
    ...expectedError(expect, "a verdict"),
  ];
}

/** What of a call's answer is not as a case expects it. */
export function compareAnswer(expect: Expectation, answer: JsonValue): Difference[] {
  return [...equal("answer", expect.answer, answer), ...expectedError(expect, "an answer")];
}

/** What of an error is not as a case expects it; undefined where it expects none. */
export function compareError(
  { error }: Expectation,
  { code, message }: PluginError,
): Difference[] | undefined {
  if (error === undefined) return undefined;
  const wanted = typeof error === "string" ? { code: error } : error;
  const part = wanted.message;
  return [
    ...equal("error", wanted.code, code),
    ...(part === undefined || message.includes(part)
      ? []
      : [{ what: "error.message", expected: part, actual: message }]),
  ];
}

/** What of the host, as the call left it, is not as a case expects it. */
export function compareHost(
  expect: Expectation,
  { state, directory, calls }: {
    readonly state: Readonly<Record<string, string>>;
    readonly directory: readonly string[];
    readonly calls: readonly { readonly function: string }[];
  },
): Difference[] {
  return [
    ...equal("state", expect.state, { ...state }),
    ...equal("directory", expect.directory && [...expect.directory].sort(), [...directory]),
    ...equal("calls", expect.calls, calls.map((call) => call.function)),
  ];
}

/** Nothing was expected where `expected` is undefined. */
function equal(what: string, expected: unknown, actual: JsonValue): Difference[] {
  if (expected === undefined || canonicalize(expected) === canonicalize(actual)) return [];
  return [{ what, expected: expected as JsonValue, actual }];
}

/** A part of each message, in the order of the reasons. */
function holdsEach(
  expected: readonly string[] | undefined,
  messages: readonly string[],
): Difference[] {
  if (expected === undefined) return [];
  const holds = expected.length === messages.length &&
    expected.every((part, index) => messages[index]!.includes(part));
  return holds ? [] : [{ what: "messages", expected: [...expected], actual: [...messages] }];
}

function expectedError({ error }: Expectation, got: string): Difference[] {
  if (error === undefined) return [];
  return [{ what: "error", expected: typeof error === "string" ? error : error.code, actual: got }];
}
