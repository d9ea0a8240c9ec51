import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { Judge } from "./judge";
import { judgeBind, judgeDriverOptions, judgeMount } from "./mount";

/** Fields of HostConfig that name a namespace; Docker knows each by the exact word `host`. */
const MODES: StaticArray<string> = [
  "NetworkMode",
  "PidMode",
  "IpcMode",
  "UTSMode",
  "UsernsMode",
  "CgroupnsMode",
];

/**
 * Judges a body of the Engine API by the fields that it has: container create, exec create, service
 * create, volume create. A field is judged wherever it stands, whatever else the body says of itself,
 * since the daemon ignores what it does not know. Manifests and image inspections have none of them.
 *
 * The fields of HostConfig count at the top level too: up to Docker 25, the daemon reads the body of
 * a container create into a structure that embeds HostConfig beside the member of that name.
 */
export function judgeDockerConfig(body: Json, judge: Judge): void {
  if (body.isArray) judge.each(body, judgeBody); // as `docker inspect` prints it
  else if (body.isObject) judgeBody(body, judge);
  else judge.malformed("a body of the Engine API is wanted, and this is none", body);
}

function judgeBody(body: Json, judge: Judge): void {
  judgeImage(isInspection(body) ? judge.object(body, "Config") : body, judge);
  judgeHostConfig(body, judge);
  judgeHostConfig(judge.object(body, "HostConfig"), judge);
  const endpoints = judge.object(judge.object(body, "NetworkingConfig"), "EndpointsConfig");
  if (endpoints.get("host").exists) judge.hostNamespace("host", endpoints.get("host"));
  judgeDriverOptions(judge.object(body, "DriverOpts"), judge);

  const task = judge.object(body, "TaskTemplate");
  const container = judge.object(task, "ContainerSpec");
  judgeImage(container, judge);
  judge.each(judge.array(container, "Mounts"), judgeEngineMount);
  judge.each(judge.array(task, "Networks"), judgeNetwork);
  if (task.exists) judge.each(judge.array(body, "Networks"), judgeNetwork);
}

/** `docker inspect` shows the id of the container's image, and beside it the name it came under. */
function isInspection(body: Json): bool {
  return body.get("Id").isString && body.get("Image").str().startsWith("sha256:") &&
    body.get("Config").get("Image").str() != "";
}

function judgeImage(body: Json, judge: Judge): void {
  const image = judge.text(body, "Image");
  if (image != "") judge.image(image, body.get("Image"));
}

function judgeHostConfig(config: Json, judge: Judge): void {
  if (judge.flag(config, "Privileged")) {
    judge.privileged("Privileged: true", config.get("Privileged"));
  }
  for (let i = 0; i < MODES.length; i++) {
    const name = MODES[i];
    if (judge.text(config, name) == "host") judge.hostNamespace(`${name}: host`, config.get(name));
  }
  judge.each(judge.array(config, "Binds"), judgeBind);
  judge.each(judge.array(config, "Mounts"), judgeEngineMount);
  judge.each(judge.array(config, "VolumesFrom"), judgeVolumesFrom);
}

function judgeEngineMount(mount: Json, judge: Judge): void {
  // `docker inspect` tells where a mount went, as "Destination", and of a volume where its files are;
  // before API 1.24 it gave no type. Who asks for a mount says "Target", or is refused.
  const type = mount.get("Type");
  const isInUse = mount.get("Target").isAbsent && mount.get("Destination").isString &&
    (type.isAbsent || type.str() == "volume");
  if (!isInUse) judgeMount(mount, "Type", "Source", judge);
  const driver = judge.object(judge.object(mount, "VolumeOptions"), "DriverConfig");
  judgeDriverOptions(judge.object(driver, "Options"), judge);
}

function judgeVolumesFrom(container: Json, judge: Judge): void {
  judge.cannotTell(
    `the volumes of container ${quote(container.str())} are mounted, and what they are cannot be ` +
      "seen from here; wanted each mount by itself",
    container,
  );
}

function judgeNetwork(network: Json, judge: Judge): void {
  if (judge.isObject(network, "network") && judge.text(network, "Target") == "host") {
    judge.hostNamespace("host", network.get("Target"));
  }
}
