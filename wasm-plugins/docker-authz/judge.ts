import type { AdmissionRequest, Verdict } from "cofferdam/guest";
import { judgeCall, readCall } from "./call.ts";
import { judgeConfig } from "./config.ts";
import { isObject, Place } from "./place.ts";
import { Reasons } from "./reasons.ts";
import { judgeAnswer } from "./response.ts";
import { readSettings } from "./settings.ts";

/** Judges a call of the Engine API, its answer, or a body that was saved. */
export function judge({ kind, object, settings: given }: AdmissionRequest): Verdict {
  const reasons = new Reasons();
  const settings = readSettings(given);
  if (!("images" in settings)) {
    for (const { path, message } of settings) {
      const where = path === "" ? "" : `${path}: `;
      reasons.deny("settings-readable", undefined, `Cannot use the settings. ${where}${message}`);
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
  return reasons.verdict();
}
