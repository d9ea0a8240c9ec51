import { beginCall, readInput, writeError, writeOutput } from "./extism";
import { Json } from "./json";
import { copyJson } from "./json-copy";
import { JsonWriter } from "./json-writer";

/** What a network plugin is asked. Fields that a newer host adds are ignored. */
export class NetworkRequest {
  /** Empty for `status` and `gc`, as are `netns`, `ifname` and `args`. */
  readonly containerId: string;
  /** Path of the network namespace; empty where it is gone. */
  readonly netns: string;
  readonly ifname: string;
  /** CNI_ARGS: `K=V;K=V`. */
  readonly args: string;
  /** The network's configuration, as it came from the runtime. */
  readonly config: Json;
  /** What the plugins before this one made; missing for the first one. */
  readonly prevResult: Json;
  /** Port mappings and the like; missing where there are none. */
  readonly runtimeConfig: Json;
  /** `gc`: an array of `{containerID, ifname}`; missing where the runtime says nothing of it. */
  readonly validAttachments: Json;
  /** The operator's settings. */
  readonly settings: Json;
  /** The time of the call, RFC 3339 in UTC. */
  readonly now: string;

  constructor(request: Json) {
    this.containerId = request.get("containerId").str();
    this.netns = request.get("netns").str();
    this.ifname = request.get("ifname").str();
    this.args = request.get("args").str();
    this.config = request.get("config");
    this.prevResult = request.get("prevResult");
    this.runtimeConfig = request.get("runtimeConfig");
    this.validAttachments = request.get("validAttachments");
    this.settings = request.get("settings");
    this.now = request.get("now").str();
  }
}

/** What a network plugin answers; where it says nothing, it did what it was asked. */
export class NetworkAnswer {
  private out: JsonWriter = new JsonWriter().raw("{}");
  private failed: bool = false;

  /**
   * The plugin could not do it.
   *
   * @param code 1 to 99 have a meaning in CNI, those from 100 are the plugin's own.
   * @param msg For people; not empty.
   * @param details More for people; may be empty.
   */
  fail(code: u32, msg: string, details: string): void {
    if (this.failed) return;
    this.failed = true;
    this.out = new JsonWriter().raw(`{"code":${code},"msg":`).string(msg);
    if (details != "") this.out.raw(',"details":').string(details);
    this.out.raw("}");
  }

  /** Of `add`: a CNI result that is there already: the previous plugin's, or a delegate's. */
  result(value: Json): void {
    if (this.failed) return;
    this.out = new JsonWriter();
    copyJson(value, this.out);
  }

  /** Of `add`: a CNI result of one's own, as JSON. */
  write(result: JsonWriter): void {
    if (!this.failed) this.out = result;
  }

  /** The answer as JSON. */
  finish(): JsonWriter {
    return this.out;
  }
}

/**
 * The body of an export `network_…`: reads the request, has `handle` answer it and hands the answer
 * over.
 *
 * @returns What the export returns: 0, or 1 where there is no answer but an error message.
 */
export function serveNetwork(
  handle: (request: NetworkRequest, answer: NetworkAnswer) => void,
): i32 {
  beginCall();
  const json = Json.parse(readInput());
  if (json.problem != "") return stop(`cannot read the request: ${json.problem}`);
  if (json.get("contract").str() != "network" || json.get("version").digits() != "1") {
    return stop('cannot answer the request: wanted contract "network", version 1');
  }
  const answer = new NetworkAnswer();
  handle(new NetworkRequest(json), answer);
  writeOutput(answer.finish().bytes());
  return 0;
}

function stop(message: string): i32 {
  writeError(message);
  return 1;
}
