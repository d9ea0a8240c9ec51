import type { AdmissionRequest, Host, Verdict } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import { describeFault } from "../shared/settings-reader.ts";
import { judgeDefinition } from "./definition.ts";
import { judgePin } from "./pin.ts";
import { Reasons } from "./reasons.ts";
import { readSettings } from "./settings.ts";

/** Judges a pin or the definition of a package; asks the host where the settings need metadata. */
export function judge(request: AdmissionRequest, host: Host): Verdict {
  const reasons = new Reasons();
  const settings = readSettings(request.settings);
  if (!("packages" in settings)) {
    for (const fault of settings) {
      reasons.deny("settings-readable", undefined, describeFault(fault));
    }
    return reasons.verdict();
  }
  const { kind, object } = request;
  if (isObject(object) && kind === "cipd.pin") {
    judgePin(object, settings, host, reasons);
  } else if (isObject(object) && kind === "cipd.package") {
    judgeDefinition(object, settings, reasons);
  } else {
    reasons.malformed("", "a CIPD pin or the definition of a CIPD package");
  }
  return reasons.verdict();
}
