import * as v from "valibot";
import { isJsonObject } from "../json.ts";
import { CNI_VERSIONS, type CniVersion } from "./cni-result.ts";

/** The codes that CNI gives a meaning; those of a plugin's own begin at 100. */
export const CNI_ERROR_CODES = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidNetworkConfig: 7,
  invalidNetns: 8,
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  firstOwn: 100,
  /** What the reference implementation says of an error that has no code. */
  internal: 999,
} as const;

/** The answer of a plugin that could not do what it was asked. @see CNI SPEC 1.1.0, "Error" */
export interface CniFault {
  readonly cniVersion?: CniVersion | undefined;
  /** 1 to 4294967295; see {@link CNI_ERROR_CODES}. */
  readonly code: number;
  readonly msg: string;
  readonly details?: string | undefined;
}

/** The longest `msg`, and the longest `details`, in UTF-16 code units. */
export const MAX_FAULT_TEXT = 10_000;

/** Schema of {@link CniFault}. */
export const CniFaultSchema: v.GenericSchema<unknown, CniFault> = v.strictObject({
  cniVersion: v.exactOptional(v.picklist(CNI_VERSIONS)),
  code: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 32 - 1)),
  msg: v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_FAULT_TEXT)),
  details: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_FAULT_TEXT))),
});

/** Whether a plugin's answer says that it failed. */
export function isCniFault(answer: unknown): answer is CniFault {
  return isJsonObject(answer) && Object.hasOwn(answer, "code");
}
