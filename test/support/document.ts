import type { Document } from "../../src/document/document.ts";
import type { JsonValue } from "../../src/json.ts";

/** A JSON document for tests of what comes behind parsing; every place in it is line 3, column 5. */
export function jsonDocument(object: JsonValue, change: Partial<Document> = {}): Document {
  return {
    kind: "json",
    object,
    subject: { name: "thing", source: "thing.json" },
    evidence: [],
    input: "thing.json",
    index: 0,
    mediaType: "application/json",
    inputDigest: `sha256:${"0".repeat(64)}`,
    locate: () => ({ line: 3, column: 5 }),
    ...change,
  };
}
