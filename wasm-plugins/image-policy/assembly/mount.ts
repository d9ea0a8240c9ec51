import { Json } from "cofferdam/assembly/json";
import { quote } from "cofferdam/assembly/verdict";
import { isVolumeName } from "./host-path";
import { Judge } from "./judge";

/** Judges a mount in the form `source:target[:mode]`, or only a target. */
export function judgeBind(bind: Json, judge: Judge): void {
  if (!bind.isString) {
    judge.malformed("a mount is wanted, and this is no string", bind);
    return;
  }
  const source = sourceOf(bind.str());
  // What stands behind the source decides nothing here, so a variable there does no harm.
  if (source != "" && source.indexOf("$") < 0) judgeSource(source, bind, judge);
  else judgeSource(sourceOf(judge.textOf(bind, "mount")), bind, judge);
}

/**
 * Judges a mount in the form of an object.
 *
 * @param typeName What the member is called that says `bind`, `volume`, …
 * @param sourceName What the member is called that says which file, volume or image.
 */
export function judgeMount(mount: Json, typeName: string, sourceName: string, judge: Judge): void {
  if (!mount.isObject) {
    judge.malformed("a mount is wanted, and this is no object", mount);
    return;
  }
  const type = judge.requiredText(mount, typeName);
  if (type == "" || type == "tmpfs" || type == "cluster") return;
  const source = mount.get(sourceName);
  if (type == "bind" || type == "npipe") {
    const path = judge.requiredText(mount, sourceName);
    if (path != "") judge.hostPath(path, source);
  } else if (type == "image") {
    const image = judge.requiredText(mount, sourceName);
    if (image != "") judge.image(image, source);
  } else if (type == "volume") judgeSource(judge.text(mount, sourceName), source, judge);
  else judge.malformed(`a mount of the type ${quote(type)} is not known`, mount.get(typeName));
}

/**
 * Judges what the `local` volume driver is told: it passes `type`, `o` and `device` to mount(2), so a
 * volume can be a folder or a disk of the host under another name, or the kernel's own `devtmpfs`.
 *
 * @see https://docs.docker.com/reference/cli/docker/volume/create/#opt
 */
export function judgeDriverOptions(options: Json, judge: Judge): void {
  const flags = judge.text(options, "o").split(",");
  let isBind = false;
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i].trim();
    if (flag == "bind" || flag == "rbind") isBind = true;
  }
  const type = judge.text(options, "type");
  const device = judge.text(options, "device");
  const at = options.get("device");
  // With `bind` the kernel pays no heed to the type.
  if (isBind && device != "") judge.hostPath(device, at);
  else if (type == "" || type == "none") judgeSource(device, at, judge);
  else if (!isShareOrMemory(type)) judge.hostFileSystem(type, options.get("type"));
}

/** Judges what may be a volume's name or a host path. */
function judgeSource(source: string, at: Json, judge: Judge): void {
  if (source != "" && !isVolumeName(source)) judge.hostPath(source, at);
}

function sourceOf(bind: string): string {
  // A drive letter's colon separates nothing.
  const isDrive = bind.length > 2 && isVolumeName(bind.charAt(0) + "a") && bind.charAt(1) == ":" &&
    (bind.charAt(2) == "\\" || bind.charAt(2) == "/");
  const colon = bind.indexOf(":", isDrive ? 2 : 0);
  return colon < 0 ? "" : bind.slice(0, colon);
}

/** File systems that show nothing of the host. The list is short, since the kernel's is long. */
function isShareOrMemory(type: string): bool {
  return type == "nfs" || type == "nfs4" || type == "cifs" || type == "smb3" || type == "tmpfs";
}
