import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { Judge } from "./judge";

/** Where a pod's containers stand. All of them run; ephemeral ones come through a subresource. */
export const CONTAINER_LISTS: StaticArray<string> = [
  "initContainers",
  "containers",
  "ephemeralContainers",
];

/** Switches of a pod that give it a namespace of the host. */
export const HOST_NAMESPACES: StaticArray<string> = ["hostNetwork", "hostPID", "hostIPC"];

/** Where other kinds keep containers, besides in the lists of a pod: Argo's and Tekton's, above all. */
const OTHER_PLACES: StaticArray<string> = [
  "sidecars",
  "steps",
  "stepTemplate",
  "container",
  "script",
];

/** Members that tell a container, or what is made into one, from another thing with an `image`. */
const SIGNS: StaticArray<string> = [
  "args",
  "command",
  "env",
  "envFrom",
  "imagePullPolicy",
  "imagePullSecrets",
  "replicas",
  "resources",
  "script",
  "securityContext",
  "serviceAccountName",
  "volumeMounts",
  "volumes",
];

/** Groups whose objects show what pods must or may look like, and run none. */
const POLICY_GROUPS: StaticArray<string> = [
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "constraints.gatekeeper.sh",
  "kyverno.io",
  "policies.kyverno.io",
  "policy",
  "templates.gatekeeper.sh",
];

/** False for kinds that hold data, schemas and rules about pods. */
export function mayRunPods(object: Json): bool {
  const kind = object.get("kind").str();
  const version = object.get("apiVersion").str();
  const slash = version.indexOf("/");
  if (slash < 0) return kind != "ConfigMap" && kind != "Secret";
  return kind != "PodSecurityPolicy" && !POLICY_GROUPS.includes(version.slice(0, slash));
}

/**
 * Judges whatever looks like a pod or a container in `value`, at any depth: a controller makes pods
 * of it, and only that controller knows where it looks. What does not look so is passed over, since
 * it may mean something else here.
 */
export function searchPods(value: Json, judge: Judge): void {
  if (value.isObject) judgeMembers(value, judge);
  const name = value.name();
  if (CONTAINER_LISTS.includes(name) || OTHER_PLACES.includes(name)) {
    if (value.isArray) judge.each(value, searchContainer);
    else searchContainer(value, judge);
  } else {
    if (value.isObject && hasSign(value)) judgeImage(value, judge);
    judge.each(value, searchPods);
  }
}

/** Likewise something whose place says that it is a container. */
function searchContainer(value: Json, judge: Judge): void {
  if (value.isObject) {
    judgeMembers(value, judge);
    judgeImage(value, judge);
  }
  judge.each(value, searchPods);
}

function judgeMembers(object: Json, judge: Judge): void {
  for (let i = 0; i < HOST_NAMESPACES.length; i++) {
    const name = HOST_NAMESPACES[i];
    if (object.get(name).bool()) judge.hostNamespace(`${name}: true`, object.get(name));
  }
  const privileged = object.get("privileged");
  if (privileged.bool()) judge.privileged("privileged: true", privileged);
  const process = object.get("hostProcess");
  if (process.bool()) judge.privileged("hostProcess: true", process);
  const path = object.get("hostPath").get("path");
  if (path.isString) judge.hostPath(path.str(), path);
  const reference = object.get("image").get("reference");
  if (reference.isString) judge.image(reference.str(), reference);
  judgeText(object.get("podSpecPatch"), judge);
  judgeText(object.get("resource").get("manifest"), judge);
}

/** Argo takes patches of pods, and objects to create, as text that holds YAML. */
function judgeText(text: Json, judge: Judge): void {
  if (text.str() != "") {
    judge.cannotTell("text that becomes a part of the cluster is not read", text);
  }
}

function hasSign(object: Json): bool {
  for (let i = 0; i < SIGNS.length; i++) {
    if (!object.get(SIGNS[i]).isAbsent) return true;
  }
  return false;
}

function judgeImage(container: Json, judge: Judge): void {
  const image = container.get("image");
  const text = image.str();
  if (text == "") return;
  if (text.indexOf("$(") >= 0 || text.indexOf("{{") >= 0) {
    judge.cannotTell(`what ${quote(text)} stands for cannot be seen from here`, image);
  } else judge.image(text, image);
}
