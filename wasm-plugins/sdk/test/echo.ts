import { readInput, writeError, writeOutput } from "../assembly/extism";
import { Json } from "../assembly/json";
import { copyJson } from "../assembly/json-copy";
import { JsonWriter } from "../assembly/json-writer";

/** Reads a JSON text and writes it anew, every string decoded and encoded again. */
export function echo(): i32 {
  heap.reset();
  const json = Json.parse(readInput());
  if (json.problem != "") {
    writeError(json.problem);
    return 1;
  }
  const out = new JsonWriter();
  copyJson(json, out);
  writeOutput(out.bytes());
  return 0;
}

/** Answers with the JSON Pointer of the first string "here", and what `get` finds on that way. */
export function find(): i32 {
  heap.reset();
  const json = Json.parse(readInput());
  const here = search(json);
  const again = follow(json, here);
  const out = new JsonWriter();
  out.raw("[").string(here.pointer(json)).raw(",").string(again).raw("]");
  writeOutput(out.bytes());
  return 0;
}

/** Ends as any `throw` of a guest does. */
export function abandon(): i32 {
  throw new Error("given up");
}

function search(value: Json): Json {
  if (value.str() == "here") return value;
  for (let item = value.first(); item.exists; item = item.next()) {
    const found = search(item);
    if (found.exists) return found;
  }
  return value.nothing();
}

/** Walks to `target` by `get` wherever an object is on the way. */
function follow(root: Json, target: Json): string {
  let value = root;
  while (value.isObject || value.isArray) {
    let step = value.first();
    while (step.exists && !search(step).exists) step = step.next();
    value = value.isObject ? value.get(step.name()) : step;
  }
  return value.str();
}
