import type { AdmissionRequest, Verdict } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import { describeFault } from "../shared/settings-reader.ts";
import { judgeCall, readCall } from "./call.ts";
import { judgeConfig } from "./config.ts";
import { Place } from "./place.ts";
import { EnoughReasons, Reasons } from "./reasons.ts";
import { judgeAnswer } from "./response.ts";
import { readSettings } from "./settings.ts";

/** Judges a call of the Engine API, its answer, or a body that was saved. */
export function judge(request: AdmissionRequest): Verdict {
  const reasons = new Reasons();
  try {
    judgeInto(reasons, request);
  } catch (error) {
    if (!(error instanceof EnoughReasons)) throw error;
  }
  return reasons.verdict();
}

function judgeInto(reasons: Reasons, { kind, object, settings: given }: AdmissionRequest): void {
  const settings = readSettings(given);
  if (!("images" in settings)) {
    for (const fault of settings) {
      reasons.deny("settings-readable", undefined, describeFault(fault));
    }
  } else if (kind === "docker.request" && isObject(object)) {
    judgeCall(readCall(object, reasons), settings, reasons);
  } else if (kind === "docker.response" && isObject(object)) {
    judgeAnswer(readCall(object, reasons), settings, reasons);
  } else if (kind === "docker.config") {
    judgeConfig(new Place(object, "", reasons), settings);
  } else {
    reasons.deny("malformed-document", "", "What stands here is not a call of the Engine API.");
  }
}
