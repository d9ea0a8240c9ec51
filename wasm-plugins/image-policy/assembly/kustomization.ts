import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { Judge } from "./judge";
import { isRemote } from "./remote";

/** Fields that list files: what goes in, and what changes it. */
const FILES: StaticArray<string> = [
  "resources",
  "bases",
  "components",
  "generators",
  "transformers",
  "patches",
  "patchesStrategicMerge",
  "patchesJson6902",
  "replacements",
];

/** Fields that have a chart fetched, and rendered with values. */
const CHARTS: StaticArray<string> = ["helmCharts", "helmChartInflationGenerator"];

/** True for what `kustomize build` reads. */
export function isKustomization(object: Json): bool {
  return object.get("apiVersion").str().startsWith("kustomize.config.k8s.io/");
}

/**
 * Judges the images that a kustomization puts in, and says what else of it changes workloads: files
 * beside it are judged by themselves, so they earn a warning; what comes from elsewhere or is written
 * out right here cannot be judged, and is denied.
 *
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
 */
export function judgeKustomization(object: Json, judge: Judge): void {
  judge.each(judge.array(object, "images"), judgeImage);
  for (let i = 0; i < FILES.length; i++) {
    const list = judge.array(object, FILES[i]);
    if (!list.first().exists) continue;
    judge.elsewhere(`${quote(FILES[i])} have to be judged by themselves`, list);
    judge.each(list, judgeSource);
  }
  for (let i = 0; i < CHARTS.length; i++) {
    const charts = object.get(CHARTS[i]);
    if (charts.isAbsent) continue;
    judge.cannotTell("what a chart is rendered to cannot be seen from here", charts);
  }
}

/** @param image `{name, newName?, newTag?, digest?}` */
function judgeImage(image: Json, judge: Judge): void {
  if (!image.isObject) {
    judge.malformed("an image is wanted, and this is no object", image);
    return;
  }
  const name = judge.text(image, "name");
  const newName = judge.text(image, "newName");
  const tag = judge.text(image, "newTag");
  const digest = judge.text(image, "digest");
  const reference = (newName == "" ? name : newName) + (tag == "" ? "" : ":" + tag) +
    (digest == "" ? "" : "@" + digest);
  if (tag != "" || digest != "") judge.image(reference, image);
  // The tag is the one of the image that is replaced.
  else if (newName != "") judge.imageName(newName, image);
}

/** @param source A path, YAML as text, or an object with either. */
function judgeSource(source: Json, judge: Judge): void {
  if (source.isObject) {
    const path = source.get("path");
    if (path.str() != "" && source.get("patch").isAbsent) judgeSource(path, judge);
    else inline(source, judge);
    return;
  }
  if (!source.isString) {
    judge.malformed("a path is wanted, and this is no string", source);
    return;
  }
  const text = source.str();
  if (isRemote(text)) {
    judge.cannotTell(
      `${quote(text)} is fetched from elsewhere, and what it holds cannot be seen from here`,
      source,
    );
  } else if (text.indexOf("\n") >= 0 || text.indexOf("{") >= 0) inline(source, judge);
}

function inline(source: Json, judge: Judge): void {
  judge.cannotTell("what is written out here is not read; wanted it as a file of its own", source);
}
