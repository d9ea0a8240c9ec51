/** The types of the question and of the answer, named in one place. */
export type { AdmissionRequest, Reason, Severity, Verdict } from "../../src/contract/admission.ts";
export type { JsonObject, JsonValue } from "../../src/json.ts";
