import { isJsonObject, type JsonValue } from "../../json.ts";
import { foldBody, refuseClash, unfoldSteps } from "./go-fold.ts";
import { ANY_BODY } from "./docker-any-body.ts";
import { IMAGE_CONFIG, MANIFEST } from "./docker-schema.ts";
import { findRequestKey, findShape, isInspect } from "./docker-shape.ts";
import { type Draft, faultAt, type RecogniseContext, type Recogniser } from "./draft.ts";

/** Bodies of the Docker Engine API, what `docker inspect` prints, and image manifests. */
export const DOCKER_CONFIG: Recogniser = {
  kind: "docker.config",
  syntaxes: ["json", "json-lines"],
  wants: "a body of the Docker Engine API, what docker inspect prints, or an image manifest",
  claims: (value) => findShape(value) !== undefined || isInspectList(value),
  accepts: (value) => isJsonObject(value) || Array.isArray(value),
  read: (value, context) =>
    isInspectList(value)
      ? value.map((item, index) => readConfig(item, [String(index)], context))
      : [readConfig(value, [], context)],
};

function readConfig(value: JsonValue, base: readonly string[], context: RecogniseContext): Draft {
  const shape = findShape(value) ?? ANY_BODY;
  if ((shape === MANIFEST || shape === IMAGE_CONFIG) && isJsonObject(value)) {
    const key = findRequestKey(value);
    if (key !== undefined) {
      throw faultAt(
        context,
        [...base, key],
        `Reading the Docker body failed: the key ${
          JSON.stringify(key)
        } belongs to a request, the ` +
          "rest to an image; only one of them is wanted",
      );
    }
  }
  const object = foldBody(value, shape, refuseClash(context, base, "Docker body", "the daemon"));
  return {
    kind: "docker.config",
    object,
    base,
    place: (tokens) => ({ steps: [...base, ...unfoldSteps(value, tokens)], isValue: false }),
  };
}

/** `docker inspect` prints a list, of one or of several. */
function isInspectList(value: JsonValue): value is JsonValue[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => isJsonObject(item) && isInspect(item));
}
