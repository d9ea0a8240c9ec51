import { AdmissionRequest, serveAdmission } from "cofferdam/assembly/admission";
import { Json } from "cofferdam/assembly/json";
import { Verdict } from "cofferdam/assembly/verdict";

export { cofferdam_input, cofferdam_output } from "cofferdam/assembly/extism";

export function admission_check(): i32 {
  return serveAdmission(check);
}

function check(request: AdmissionRequest, verdict: Verdict): void {
  const metadata = request.object.get("metadata");
  const present = metadata.get("labels");
  const labels = request.settings.get("labels");
  for (let label = labels.first(); label.exists; label = label.next()) {
    const name = label.str();
    if (present.get(name).str() == "") {
      verdict.deny("label", `there is no label "${name}"`, metadata);
    }
  }

  const pod = request.object.get("spec").get("template").get("spec");
  const containers = pod.get("containers");
  // An object's members are no containers.
  if (!containers.isArray) return;
  for (let container = containers.first(); container.exists; container = container.next()) {
    checkContainer(container, verdict);
  }
}

function checkContainer(container: Json, verdict: Verdict): void {
  const name = container.get("name").str();
  const image = container.get("image").str();
  if (!isPinned(image)) {
    verdict.deny("image-tag", `"${name}" takes any version of "${image}"`, container);
  }
  if (container.get("resources").get("limits").get("memory").str() == "") {
    verdict.deny("memory-limit", `"${name}" has no memory limit`, container);
  }
  if (container.get("securityContext").get("privileged").bool()) {
    verdict.deny("privileged", `"${name}" is privileged`, container);
  }
}

function isPinned(image: string): bool {
  if (image.includes("@")) return true;
  const parts = image.slice(image.lastIndexOf("/") + 1).split(":");
  return parts.length > 1 && parts[1] != "" && parts[1] != "latest";
}
