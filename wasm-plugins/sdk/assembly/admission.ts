import { beginCall, readInput, writeError, writeOutput } from "./extism";
import { Json } from "./json";
import { JsonWriter } from "./json-writer";
import { Verdict } from "./verdict";

/** The question: may this be? Fields that a newer host adds are ignored. */
export class AdmissionRequest {
  /** What `object` is: `kubernetes`, `compose`, `dockerfile`, … */
  readonly kind: string;
  /** `{name, digest?, source?}` */
  readonly subject: Json;
  /** CREATE, UPDATE, DELETE or CONNECT; empty where the door does not say. */
  readonly operation: string;
  /** Facts around the object; missing where there are none. */
  readonly annotations: Json;
  /** What is judged. */
  readonly object: Json;
  /** Array of `{mediaType, digest, verified, body}`. */
  readonly evidence: Json;
  /** The operator's settings. */
  readonly settings: Json;
  /** The time of the call, RFC 3339 in UTC: a guest has no other clock. */
  readonly now: string;

  constructor(request: Json) {
    this.kind = request.get("kind").str();
    this.subject = request.get("subject");
    this.operation = request.get("operation").str();
    this.annotations = request.get("annotations");
    this.object = request.get("object");
    this.evidence = request.get("evidence");
    this.settings = request.get("settings");
    this.now = request.get("now").str();
  }
}

/**
 * The body of the export `admission_check`: reads the request, has `judge` fill in the verdict and
 * hands it over.
 *
 * @returns What the export returns: 0, or 1 where there is no verdict but an error message.
 */
export function serveAdmission(judge: (request: AdmissionRequest, verdict: Verdict) => void): i32 {
  // Nothing outlives a call, so a second call in one instance starts from the same empty heap.
  beginCall();
  const json = Json.parse(readInput());
  if (json.problem != "") return fail(`cannot read the request: ${json.problem}`);
  if (json.get("contract").str() != "admission" || json.get("version").digits() != "1") {
    return fail('cannot answer the request: wanted contract "admission", version 1');
  }
  const request = new AdmissionRequest(json);
  if (!request.object.exists) return fail('cannot answer the request: it has no "object"');
  const verdict = new Verdict(request.object);
  judge(request, verdict);
  if (verdict.failure != "") return fail(verdict.failure);
  const out = new JsonWriter();
  verdict.write(out);
  writeOutput(out.bytes());
  return 0;
}

function fail(message: string): i32 {
  writeError(message);
  return 1;
}
