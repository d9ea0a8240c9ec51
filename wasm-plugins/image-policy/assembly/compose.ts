import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { Judge } from "./judge";
import { judgeBind, judgeDriverOptions, judgeMount } from "./mount";
import { isRemote } from "./remote";

/** Fields of a service that name a namespace. */
const MODES: StaticArray<string> = [
  "network_mode",
  "pid",
  "ipc",
  "uts",
  "userns_mode",
  "cgroup",
];

/** Judges a compose file. @see https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export function judgeCompose(file: Json, judge: Judge): void {
  if (!file.isObject) {
    judge.malformed("a compose file is wanted, and this is no object", file);
    return;
  }
  const include = file.get("include");
  if (!include.isAbsent) {
    judge.elsewhere("other files are included; they have to be judged by themselves", include);
    if (!include.isArray) judge.malformed('"include" is no array', include);
    judge.each(include, judgeInclude);
  }
  // An override file may have none of these: Compose merges it into another one.
  judge.each(judge.object(file, "services"), judgeService);
  judge.each(judge.object(file, "networks"), judgeNetwork);
  judge.each(judge.object(file, "volumes"), judgeVolume);
  judge.each(judge.object(file, "configs"), judgeFile);
  judge.each(judge.object(file, "secrets"), judgeFile);
}

/** @param include A path, or `{path}` with one or several. */
function judgeInclude(include: Json, judge: Judge): void {
  const path = include.isObject ? include.get("path") : include;
  if (path.isArray) judge.each(path, judgeFilePath);
  else judgeFilePath(path, judge);
}

function judgeFilePath(path: Json, judge: Judge): void {
  const text = judge.textOf(path, "path");
  if (isRemote(text)) judgeRemote(text, path, judge);
}

function judgeRemote(source: string, at: Json, judge: Judge): void {
  judge.cannotTell(
    `${quote(source)} is fetched from elsewhere, and what it holds cannot be seen from here; ` +
      "wanted a local file or folder",
    at,
  );
}

function judgeService(service: Json, judge: Judge): void {
  if (!service.isObject) {
    judge.malformed(`service ${quote(service.name())} is no object`, service);
    return;
  }
  judgeSources(service, judge);
  judgePrivileged(service, judge);
  // Commands that Compose runs in the container besides its own.
  judge.each(judge.array(service, "post_start"), judgePrivileged);
  judge.each(judge.array(service, "pre_stop"), judgePrivileged);
  for (let i = 0; i < MODES.length; i++) {
    const name = MODES[i];
    if (judge.text(service, name) == "host") {
      judge.hostNamespace(`${name}: host`, service.get(name));
    }
  }
  judgeMounts(service, judge);
}

/** Where the service's image comes from: pulled, built, or written down in another file. */
function judgeSources(service: Json, judge: Judge): void {
  const image = judge.text(service, "image");
  // With `build` beside it, Compose still pulls the image where it can.
  if (image != "") judge.image(image, service.get("image"));
  const build = service.get("build");
  if (build.isObject) judgeBuild(build, judge);
  else judgeFilePath(build, judge);
  const base = service.get("extends");
  if (!base.get("file").isAbsent) {
    judge.elsewhere(
      `the service extends one of ${
        quote(base.get("file").str())
      }, which has to be judged by itself`,
      base.get("file"),
    );
    judgeFilePath(base.get("file"), judge);
  }
  const provider = service.get("provider");
  if (!provider.isAbsent) {
    judge.cannotTell("what runs is up to a provider, and cannot be seen from here", provider);
  }
  if (
    service.get("image").isAbsent && build.isAbsent && base.isAbsent &&
    provider.isAbsent
  ) {
    judge.malformed(`service ${quote(service.name())} has neither image nor build`, service);
  }
}

function judgeBuild(build: Json, judge: Judge): void {
  judgePrivileged(build, judge);
  if (judge.text(build, "network") == "host") {
    judge.hostNamespace("network: host", build.get("network"));
  }
  const inline = build.get("dockerfile_inline");
  if (!inline.isAbsent) {
    judge.cannotTell("an inline Dockerfile is not judged; wanted it as a file of its own", inline);
  }
  judgeFilePath(build.get("context"), judge);
  judge.each(build.get("additional_contexts"), judgeContext);
  judge.each(judge.array(build, "cache_from"), judgeCache);
}

/** How an additional build context says that it is an image. */
const IMAGE_CONTEXT = "docker-image://";

/** A folder beside the file that holds an image. */
const LOCAL_LAYOUT = "oci-layout://";

/** @param context As value of a mapping, or as `name=value` in a list. */
function judgeContext(context: Json, judge: Judge): void {
  const text = judge.textOf(context, "additional_contexts");
  const source = context.name() == "" ? text.slice(text.indexOf("=") + 1) : text;
  if (source.startsWith(IMAGE_CONTEXT)) judge.image(source.slice(IMAGE_CONTEXT.length), context);
  else if (isRemote(source) && !source.startsWith(LOCAL_LAYOUT)) {
    judgeRemote(source, context, judge);
  }
}

/** @param cache An image, or `type=…,…`. Layers of a cache go into what is built. */
function judgeCache(cache: Json, judge: Judge): void {
  const text = judge.textOf(cache, "cache_from");
  if (text.indexOf("=") < 0) {
    if (text != "") judge.image(text, cache);
    return;
  }
  const options = text.split(",");
  let type = "";
  let reference = "";
  for (let i = 0; i < options.length; i++) {
    const option = options[i];
    const value = option.slice(option.indexOf("=") + 1);
    if (option.startsWith("type=")) type = value;
    else if (option.startsWith("ref=")) reference = value;
  }
  if (type == "registry") judge.image(reference, cache);
  else if (type != "local") judgeRemote(text, cache, judge);
}

function judgePrivileged(owner: Json, judge: Judge): void {
  if (judge.isObject(owner, "hook") && judge.flag(owner, "privileged")) {
    judge.privileged("privileged: true", owner.get("privileged"));
  }
}

function judgeMounts(service: Json, judge: Judge): void {
  judge.each(judge.array(service, "volumes"), judgeServiceMount);
  judge.each(judge.array(service, "volumes_from"), judgeVolumesFrom);
  if (judge.flag(service, "use_api_socket")) {
    judge.hostPath("/var/run/docker.sock", service.get("use_api_socket"));
  }
}

function judgeServiceMount(mount: Json, judge: Judge): void {
  if (mount.isObject) judgeMount(mount, "type", "source", judge);
  else judgeBind(mount, judge);
}

function judgeVolumesFrom(source: Json, judge: Judge): void {
  const text = judge.textOf(source, "volumes_from");
  // A service of this file is judged where it stands.
  if (!text.startsWith("container:")) return;
  judge.cannotTell(
    `the volumes of ${quote(text)} are mounted, and what they are cannot be seen from here`,
    source,
  );
}

function judgeVolume(volume: Json, judge: Judge): void {
  if (!judge.isObject(volume, volume.name())) return;
  judgeDriverOptions(judge.object(volume, "driver_opts"), judge);
}

/** A config or secret, which the client may read from a file of the host. */
function judgeFile(entry: Json, judge: Judge): void {
  if (!judge.isObject(entry, entry.name())) return;
  const path = judge.text(entry, "file");
  if (path != "") judge.hostPath(path, entry.get("file"));
}

/** Another way to the host's network: to join the one that Docker calls `host`. */
function judgeNetwork(network: Json, judge: Judge): void {
  if (!judge.isObject(network, network.name())) return;
  const external = network.get("external");
  const name = external.isObject ? judge.text(external, "name") : judge.text(network, "name");
  const isExternal = external.isObject || judge.flag(network, "external");
  const isHost = name == "host" || (name == "" && isExternal && network.name() == "host");
  if (isHost || judge.text(network, "driver") == "host") judge.hostNamespace("host", network);
}
