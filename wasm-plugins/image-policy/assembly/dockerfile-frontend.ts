import { isDigit } from "cofferdam/assembly/ascii";
import { Json } from "cofferdam/assembly/json";
import { Judge } from "./judge";
import { parseReference } from "./reference";

/** BuildKit's own frontend. Who names none gets the same code, from inside the daemon. */
const OWN_FRONTEND = "docker.io/docker/dockerfile";

/** The first 1.x of it that reads here-documents in every channel. */
const FIRST_WITH_HEREDOCS = 4;

/**
 * Judges the image that `# syntax=` names, which is pulled and run to read the rest of the file.
 * BuildKit's own may have any tag: its users are told to write `docker/dockerfile:1`.
 *
 * @param syntax The directive's value; empty where there is none.
 * @see https://docs.docker.com/build/buildkit/frontend/
 */
export function judgeFrontend(syntax: string, at: Json, judge: Judge): void {
  if (syntax == "") return;
  const image = parseReference(imageOf(syntax));
  if (image === null || image.repository != OWN_FRONTEND) judge.image(imageOf(syntax), at);
}

/**
 * False where the frontend is BuildKit's own in a version that takes the lines of a here-document for
 * instructions, or may be: with a digest, the tag says nothing. Another frontend that the operator
 * allows is trusted to read the file as Docker does.
 */
export function readsHeredocs(syntax: string): bool {
  const image = parseReference(imageOf(syntax));
  if (syntax == "" || image === null || image.repository != OWN_FRONTEND) return true;
  if (image.digest != "") return false;
  const tag = image.tag;
  if (tag == "" || tag == "latest" || tag == "labs" || tag == "1" || tag == "1-labs") return true;
  if (!tag.startsWith("1.")) return false;
  let end = 2;
  while (end < tag.length && isDigit(tag.charCodeAt(end))) end++;
  // Four digits fit into an i32, and are more than there will be.
  return end > 2 && end <= 6 && I32.parseInt(tag.slice(2, end)) >= FIRST_WITH_HEREDOCS;
}

/** BuildKit hands what stands behind a space to the frontend. */
function imageOf(syntax: string): string {
  const space = syntax.indexOf(" ");
  return space < 0 ? syntax : syntax.slice(0, space);
}
