import { directory, HostAnswer, state } from "cofferdam/assembly/host";
import { quote } from "cofferdam/assembly/verdict";
import { serveVolume, VolumeAnswer, VolumeRequest } from "cofferdam/assembly/volume";

export { cofferdam_input, cofferdam_output } from "cofferdam/assembly/extism";

export function volume_create(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    const option = request.options.first();
    if (option.exists) {
      const what = `cannot create ${quote(request.name)}`;
      answer.fail("invalid", `${what}: no option ${quote(option.name())} is known`);
      return;
    }
    // It may be there: Docker asks again where it did not hear the answer.
    isDone(request.name, directory.create(request.name), answer);
  });
}

export function volume_remove(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    if (pathOf(request.name, answer) == "") return;
    const mounts = state.list(mountKey(request.name, ""));
    if (!isDone(request.name, mounts, answer)) return;
    if (mounts.ok.get("keys").first().exists) {
      answer.fail("conflict", `cannot remove ${quote(request.name)}: a container uses it`);
      return;
    }
    isDone(request.name, directory.remove(request.name), answer);
  });
}

export function volume_path(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    const path = pathOf(request.name, answer);
    if (path != "") answer.mountpoint(path);
  });
}

export function volume_mount(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    const path = pathOf(request.name, answer);
    if (path == "") return;
    const noted = state.put(mountKey(request.name, request.id), request.now);
    if (isDone(request.name, noted, answer)) answer.mountpoint(path);
  });
}

export function volume_unmount(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    isDone(request.name, state.remove(mountKey(request.name, request.id)), answer);
  });
}

export function volume_get(): i32 {
  return serveVolume((request: VolumeRequest, answer: VolumeAnswer) => {
    const path = pathOf(request.name, answer);
    if (path != "") answer.found(request.name, path, "");
  });
}

export function volume_list(): i32 {
  return serveVolume((_request: VolumeRequest, answer: VolumeAnswer) => {
    answer.list();
    let after = "";
    do {
      const page = directory.list(after);
      if (!isDone("", page, answer)) return;
      const names = page.ok.get("names");
      for (let name = names.first(); name.exists; name = name.next()) {
        answer.add(name.str(), "", "");
      }
      after = page.ok.get("next").str();
    } while (after != "");
  });
}

/** There is one for each container that uses a volume. */
function mountKey(name: string, id: string): string {
  return `mount/${name}/${id}`;
}

/** Where the volume is; empty where the answer says why it is not known. */
function pathOf(name: string, answer: VolumeAnswer): string {
  const found = directory.path(name);
  return isDone(name, found, answer) ? found.ok.get("path").str() : "";
}

/** What the host refuses is an answer; it knows no folder of a name such as "../a", for one. */
function isDone(name: string, asked: HostAnswer, answer: VolumeAnswer): bool {
  if (asked.isOk) return true;
  const code = codeOf(asked.code);
  const why = code == "not-found" ? "there is no such volume" : asked.message;
  answer.fail(code, `cannot use ${quote(name)}: ${why}`);
  return false;
}

function codeOf(code: string): string {
  if (code == "capability.not-found") return "not-found";
  if (code == "capability.invalid") return "invalid";
  if (code == "capability.denied") return "denied";
  if (code == "capability.limit") return "limit";
  return "failed";
}
