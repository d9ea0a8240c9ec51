import * as v from "valibot";
import { isJsonObject } from "../json.ts";
import { checkAnswer, parseGuestJson } from "./guest-json.ts";
import type { ContractMethod } from "./method.ts";

/** Why a driver (of volumes, networks or addresses) could not do what it was asked. */
export const DRIVER_ERROR_CODES = [
  /** There is no such volume, network, endpoint or pool. */
  "not-found",
  /** It is there already with other options, it overlaps what is there, or it is in use. */
  "conflict",
  /** A name, an address or an option is wrong. */
  "invalid",
  /** The driver does not want to. */
  "denied",
  /** There is no more room: no byte, no address. */
  "limit",
  /** Not now; trying again later may help. */
  "unavailable",
  /** Anything else. */
  "failed",
] as const;

/** One of {@link DRIVER_ERROR_CODES}. */
export type DriverErrorCode = (typeof DRIVER_ERROR_CODES)[number];

/** The answer of a driver that could not do what it was asked: a value, never an exception. */
export interface DriverFault {
  readonly error: {
    readonly code: DriverErrorCode;
    /** For people. */
    readonly message: string;
  };
}

/** Schema of {@link DriverFault}. */
export const DriverFaultSchema: v.GenericSchema<unknown, DriverFault> = v.strictObject({
  error: v.strictObject({
    code: v.picklist(DRIVER_ERROR_CODES),
    message: v.pipe(v.string(), v.nonEmpty(), v.maxLength(10_000)),
  }),
});

/** Whether a driver's answer says that it failed. */
export function isDriverFault(answer: unknown): answer is DriverFault {
  return isJsonObject(answer) && Object.hasOwn(answer, "error");
}

/**
 * Reads what a driver answered. Strict: a field that the host does not know is no answer.
 *
 * @param check Compares an answer with what was asked; throws where they do not fit.
 * @throws {PluginError} `contract.output-invalid`
 */
export function readDriverAnswer<Answer>(
  { entry, answer: schema }: Pick<ContractMethod<unknown, Answer>, "entry" | "answer">,
  output: Uint8Array,
  check: (answer: Answer) => void,
): Answer | DriverFault {
  const value = parseGuestJson(output);
  if (isDriverFault(value)) return checkAnswer(DriverFaultSchema, value, `error of "${entry}"`);
  const answer = checkAnswer(schema, value, `answer to "${entry}"`);
  check(answer);
  return answer;
}
