import { AdmissionRequest, serveAdmission } from "cofferdam/assembly/admission";
import { quote, Verdict } from "cofferdam/assembly/verdict";
import { judgeCompose } from "./compose";
import { judgeDockerConfig } from "./docker-config";
import { judgeDockerfile } from "./dockerfile";
import { Judge } from "./judge";
import { judgeKubernetes } from "./kubernetes";
import { Settings } from "./settings";

export { cofferdam_input, cofferdam_output } from "cofferdam/assembly/extism";

/** The plugin's only entry point. */
export function admission_check(): i32 {
  return serveAdmission(check);
}

function check(request: AdmissionRequest, verdict: Verdict): void {
  const settings = new Settings(request.settings);
  if (settings.problem != "") {
    verdict.fail(`cannot use the settings: ${settings.problem}`);
    return;
  }
  const object = request.object;
  // Nothing comes into being: an AdmissionReview of a DELETE carries null.
  if (object.isNull && request.operation == "DELETE") return;

  const kind = request.kind;
  const judge = new Judge(settings, verdict, kind == "compose");
  if (kind == "kubernetes") judgeKubernetes(object, judge);
  else if (kind == "compose") judgeCompose(object, judge);
  else if (kind == "dockerfile") judgeDockerfile(object, request.annotations, judge);
  else if (kind == "docker.config") judgeDockerConfig(object, judge);
  else verdict.fail(`cannot judge the kind ${quote(kind)}`);
}
