import type { JsonObject } from "../../json.ts";
import { getMember } from "../own-member.ts";
import { text } from "./draft.ts";

/** What a request says about its object, where the object does not say it itself. */
export interface NameHints {
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** `Kind/namespace/name`, shorter by what is not known; `generateName` stands in for a name. */
export function objectName(object: JsonObject, hints: NameHints = {}): string {
  const metadata = object["metadata"];
  const parts = [
    text(object["kind"]) ?? hints.kind,
    text(getMember(metadata, "namespace")) ?? hints.namespace,
    text(getMember(metadata, "name")) ?? text(getMember(metadata, "generateName")) ?? hints.name,
  ];
  return parts.filter((part) => part !== undefined).join("/");
}
