import { AdmissionRequest, serveAdmission } from "cofferdam/assembly/admission";
import { quote, Verdict } from "cofferdam/assembly/verdict";

export { cofferdam_input, cofferdam_output } from "cofferdam/assembly/extism";

export function admission_check(): i32 {
  return serveAdmission(check);
}

function check(request: AdmissionRequest, verdict: Verdict): void {
  // What goes away needs no owner any more.
  if (request.operation == "DELETE") return;

  const setting = request.settings.get("label").str();
  const label = setting == "" ? "owner" : setting;
  const labels = request.object.get("metadata").get("labels");
  if (labels.get(label).str() != "") return;
  verdict.deny("has-owner", `it has no label ${quote(label)}`, labels);
}
