import { Json } from "cofferdam/assembly/json";
import { Judge } from "./judge";
import { isKustomization, judgeKustomization } from "./kustomization";
import { CONTAINER_LISTS, HOST_NAMESPACES, mayRunPods, searchPods } from "./pod-search";

/**
 * Judges one Kubernetes object: every workload kind, lists of them, persistent volumes,
 * kustomizations, and objects of other kinds by what in them looks like a pod.
 */
export function judgeKubernetes(object: Json, judge: Judge): void {
  judgeObject(object, "", judge);
}

/** @param listKind What an item is that does not say so itself, as in a `PodList`; may be empty. */
function judgeObject(object: Json, listKind: string, judge: Judge): void {
  if (!object.isObject) {
    judge.malformed("a Kubernetes object is wanted, and this is none", object);
    return;
  }
  const kind = object.get("kind").isAbsent ? listKind : judge.text(object, "kind");
  if (kind == "") {
    judge.malformed('the object has no "kind"', object);
    return;
  }
  if (kind.endsWith("List") && !object.get("items").isAbsent) {
    const items = judge.array(object, "items");
    for (let item = items.first(); item.exists; item = item.next()) {
      judgeObject(item, kind.slice(0, -4), judge);
    }
  } else if (kind == "PersistentVolume") judgePersistentVolume(judge.object(object, "spec"), judge);
  else if (isWorkload(kind) && isNativeGroup(object)) judgeWorkload(object, kind, judge);
  else if (isKustomization(object)) judgeKustomization(object, judge);
  else if (mayRunPods(object)) searchPods(object, judge);
}

function isWorkload(kind: string): bool {
  return kind == "Pod" || kind == "PodTemplate" || kind == "CronJob" || kind == "Deployment" ||
    kind == "ReplicaSet" || kind == "ReplicationController" || kind == "StatefulSet" ||
    kind == "DaemonSet" || kind == "Job";
}

/** Other groups have kinds of the same names and other shapes, such as Volcano's Job. */
function isNativeGroup(object: Json): bool {
  const version = object.get("apiVersion").str();
  const slash = version.indexOf("/");
  const group = version.slice(0, max(slash, 0));
  return group == "" || group == "apps" || group == "batch" || group == "extensions";
}

function judgeWorkload(object: Json, kind: string, judge: Judge): void {
  let owner = object;
  if (kind == "CronJob") owner = judge.object(judge.object(owner, "spec"), "jobTemplate");
  if (kind != "Pod" && kind != "PodTemplate") owner = judge.object(owner, "spec");
  const pod = kind == "Pod" ? owner : judge.object(owner, "template");
  const spec = judge.object(pod, "spec");
  if (!spec.exists) {
    maybePatch(`the ${kind} has no pod specification`, object, judge);
    return;
  }
  const containers = spec.get("containers");
  if (containers.isAbsent) maybePatch(`the ${kind} has no containers`, spec, judge);
  else if (containers.isArray && !containers.first().exists) {
    judge.malformed(`the ${kind} has an empty list of containers`, containers);
  }
  judgePod(spec, judge);
}

/** What no API server would take by itself is most likely merged with something that has the rest. */
function maybePatch(what: string, at: Json, judge: Judge): void {
  judge.elsewhere(`${what}; if this is a patch, the whole has to be judged by itself`, at);
}

function judgePod(spec: Json, judge: Judge): void {
  for (let i = 0; i < HOST_NAMESPACES.length; i++) {
    const name = HOST_NAMESPACES[i];
    if (judge.flag(spec, name)) judge.hostNamespace(`${name}: true`, spec.get(name));
  }
  judgeHostProcess(judge.object(spec, "securityContext"), judge);
  for (let i = 0; i < CONTAINER_LISTS.length; i++) {
    judge.each(judge.array(spec, CONTAINER_LISTS[i]), judgeContainer);
  }
  judge.each(judge.array(spec, "volumes"), judgeVolume);
}

function judgeContainer(container: Json, judge: Judge): void {
  if (!container.isObject) {
    judge.malformed("a container is wanted, and this is no object", container);
    return;
  }
  if (container.get("image").isAbsent) maybePatch("the container has no image", container, judge);
  else {
    const image = judge.requiredText(container, "image");
    if (image != "") judge.image(image, container.get("image"));
  }
  const context = judge.object(container, "securityContext");
  if (judge.flag(context, "privileged")) {
    judge.privileged("privileged: true", context.get("privileged"));
  }
  judgeHostProcess(context, judge);
}

/** A Windows container of this sort runs on the host itself. */
function judgeHostProcess(context: Json, judge: Judge): void {
  const options = judge.object(context, "windowsOptions");
  if (judge.flag(options, "hostProcess")) {
    judge.privileged("hostProcess: true", options.get("hostProcess"));
  }
}

function judgeVolume(volume: Json, judge: Judge): void {
  if (!volume.isObject) {
    judge.malformed("a volume is wanted, and this is no object", volume);
    return;
  }
  judgePath(judge.object(volume, "hostPath"), judge);
  const image = judge.object(volume, "image");
  if (!image.exists) return;
  const reference = judge.requiredText(image, "reference");
  if (reference != "") judge.image(reference, image.get("reference"));
}

function judgePersistentVolume(spec: Json, judge: Judge): void {
  judgePath(judge.object(spec, "hostPath"), judge);
  judgePath(judge.object(spec, "local"), judge);
}

/** @param source `{path}`, or nothing. */
function judgePath(source: Json, judge: Judge): void {
  if (!source.exists) return;
  const path = judge.requiredText(source, "path");
  if (path != "") judge.hostPath(path, source.get("path"));
}
