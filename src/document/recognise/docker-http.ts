import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { foldBody, refuseClash, unfoldSteps } from "./go-fold.ts";
import { dockerEndpoint } from "./docker-endpoint.ts";
import {
  type Draft,
  faultAt,
  type RecogniseContext,
  type Recogniser,
  textOrNothing,
} from "./draft.ts";

const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS)$/;
const API_PATH =
  /^\/(?:v\d+\.\d+\/)?(?:_ping|auth|build|commit|configs|containers|distribution|events|exec|grpc|images|info|networks|nodes|plugins|secrets|services|session|swarm|system|tasks|version|volumes)(?![\w-])/;

/** A request to the Docker Engine API, its body decoded. */
export const DOCKER_REQUEST: Recogniser = {
  kind: "docker.request",
  syntaxes: ["json", "json-lines"],
  wants: 'an object with "method" and a "path" of the Docker Engine API, without "status"',
  claims: (value) => isCall(value) && !Object.hasOwn(value, "status"),
  read: (value, context) => [readCall("docker.request", value as JsonObject, context)],
};

/** The same with the daemon's answer. */
export const DOCKER_RESPONSE: Recogniser = {
  kind: "docker.response",
  syntaxes: ["json", "json-lines"],
  wants: 'an object with "method", a "path" of the Docker Engine API and a numeric "status"',
  claims: (value) => isCall(value) && typeof value["status"] === "number",
  read: (value, context) => [readCall("docker.response", value as JsonObject, context)],
};

function isCall(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && METHOD.test(textOrNothing(value["method"])) &&
    API_PATH.test(textOrNothing(value["path"]));
}

function readCall(
  kind: "docker.request" | "docker.response",
  call: JsonObject,
  context: RecogniseContext,
): Draft {
  const path = textOrNothing(call["path"]);
  // Whoever wrote the file decoded the path; what still has to be is open to two readings.
  if (/[%?#\\\p{Cc}]|\/\/|\/\.\.?(?:\/|$)/u.test(path)) {
    throw faultAt(
      context,
      ["path"],
      `Reading the Docker call failed: the path ${
        JSON.stringify(path)
      } is not decoded and normalised`,
    );
  }
  const method = textOrNothing(call["method"]);
  const name = `${method} ${path}`;
  const shape = dockerEndpoint(method, path)?.shape ?? null;
  // A response's body is the daemon's own spelling.
  if (shape === null || kind === "docker.response" || call["body"] === undefined) {
    return { kind, object: call, name, base: [] };
  }
  const body = foldBody(
    call["body"],
    shape,
    refuseClash(context, ["body"], "Docker call", "the daemon"),
  );
  return {
    kind,
    object: { ...call, body },
    name,
    base: [],
    place: (tokens) => ({ steps: unfoldSteps(call, tokens), isValue: false }),
  };
}
