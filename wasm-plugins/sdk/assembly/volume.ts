import { beginCall, readInput, writeError, writeOutput } from "./extism";
import { Json } from "./json";
import { JsonWriter } from "./json-writer";

/** What a driver is asked. Fields that a newer host adds are ignored. */
export class VolumeRequest {
  /** The volume's; empty for `list` and `capabilities`. */
  readonly name: string;
  /** `create`: an object of strings. */
  readonly options: Json;
  /** `mount`, `unmount`: unlike that of any other mount that holds. */
  readonly id: string;
  /** The operator's settings. */
  readonly settings: Json;
  /** The time of the call, RFC 3339 in UTC. */
  readonly now: string;

  constructor(request: Json) {
    this.name = request.get("name").str();
    this.options = request.get("options");
    this.id = request.get("id").str();
    this.settings = request.get("settings");
    this.now = request.get("now").str();
  }
}

/** What a driver answers; where it says nothing, it did what it was asked. */
export class VolumeAnswer {
  private readonly out: JsonWriter = new JsonWriter();
  private volumes: i32 = -1;
  private isGiven: bool = false;
  private code: string = "";
  private message: string = "";

  /**
   * The driver could not do it.
   *
   * @param code not-found, conflict, invalid, denied, limit, unavailable or failed.
   * @param message For people; not empty.
   */
  fail(code: string, message: string): void {
    if (this.code != "") return;
    this.code = code;
    this.message = message;
  }

  /** Of `mount` and `path`: where the volume is on the host. */
  mountpoint(path: string): void {
    this.out.raw('{"mountpoint":').string(path).raw("}");
    this.isGiven = true;
  }

  /** Of `get`: the volume. Without a mountpoint or a time they are empty. */
  found(name: string, mountpoint: string, createdAt: string): void {
    this.out.raw('{"volume":');
    this.volume(name, mountpoint, createdAt);
    this.out.raw("}");
    this.isGiven = true;
  }

  /** Of `list`: begins a list, to which `add` adds. */
  list(): void {
    this.out.raw('{"volumes":[');
    this.volumes = 0;
    this.isGiven = true;
  }

  /** One volume more of a `list`. */
  add(name: string, mountpoint: string, createdAt: string): void {
    if (this.volumes++ > 0) this.out.raw(",");
    this.volume(name, mountpoint, createdAt);
  }

  /** Of `capabilities`: whether a volume is there on all hosts. */
  scope(isGlobal: bool): void {
    this.out.raw(isGlobal ? '{"scope":"global"}' : '{"scope":"local"}');
    this.isGiven = true;
  }

  /** The answer as JSON. */
  finish(): JsonWriter {
    if (this.code != "") {
      const out = new JsonWriter().raw('{"error":{"code":').string(this.code);
      return out.raw(',"message":').string(this.message).raw("}}");
    }
    if (!this.isGiven) this.out.raw("{}");
    if (this.volumes >= 0) this.out.raw("]}");
    return this.out;
  }

  private volume(name: string, mountpoint: string, createdAt: string): void {
    this.out.raw('{"name":').string(name);
    if (mountpoint != "") this.out.raw(',"mountpoint":').string(mountpoint);
    if (createdAt != "") this.out.raw(',"createdAt":').string(createdAt);
    this.out.raw("}");
  }
}

/**
 * The body of an export `volume_…`: reads the request, has `handle` answer it and hands the answer over.
 *
 * @returns What the export returns: 0, or 1 where there is no answer but an error message.
 */
export function serveVolume(handle: (request: VolumeRequest, answer: VolumeAnswer) => void): i32 {
  beginCall();
  const json = Json.parse(readInput());
  if (json.problem != "") return stop(`cannot read the request: ${json.problem}`);
  if (json.get("contract").str() != "volume" || json.get("version").digits() != "1") {
    return stop('cannot answer the request: wanted contract "volume", version 1');
  }
  const answer = new VolumeAnswer();
  handle(new VolumeRequest(json), answer);
  writeOutput(answer.finish().bytes());
  return 0;
}

function stop(message: string): i32 {
  writeError(message);
  return 1;
}
