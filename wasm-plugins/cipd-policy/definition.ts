import type { JsonObject, JsonValue } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import { quote } from "../shared/quote.ts";
import { entriesFor } from "./package-list.ts";
import { isDefinitionName } from "./package-name.ts";
import type { Reasons } from "./reasons.ts";
import type { Settings } from "./settings.ts";

/** What an entry of `data` is made of, one of them each. */
const CONTENTS = ["dir", "file", "version_file"] as const;

/** Judges the definition that a package is built from. @see luci-go, cipd/client/cipd/builder/pkgdef.go */
export function judgeDefinition(object: JsonObject, settings: Settings, reasons: Reasons): void {
  const { package: name } = object;
  if (typeof name !== "string" || !isDefinitionName(name)) {
    reasons.malformed("/package", "the name of a package");
  } else {
    const entries = entriesFor(name, settings.packages);
    if (entries.length === 0) {
      const message = `The package ${quote(name)} is not allowed.`;
      reasons.deny("package-allowed", "/package", message);
    }
    judgeInstallMode(object, name, entries.map((entry) => entry.installModes), reasons);
  }
  const root = readText(object, "root", "", reasons);
  if (root !== undefined && isAbsolute(root)) {
    reasons.deny("data-path-inside", "/root", `The root ${quote(root)} is an absolute path.`);
  }
  const data = object["data"] ?? [];
  if (!Array.isArray(data)) return reasons.malformed("/data", "a list");
  data.forEach((entry, i) => judgeData(entry, `/data/${i}`, reasons));
}

function judgeInstallMode(
  object: JsonObject,
  name: string,
  allowed: readonly (readonly string[])[],
  reasons: Reasons,
): void {
  const stated = readText(object, "install_mode", "", reasons);
  if (stated !== undefined && stated !== "copy" && stated !== "symlink") {
    return reasons.malformed("/install_mode", '"copy" or "symlink"');
  }
  // Where nothing is stated, everything but Windows makes links.
  const mode = stated ?? "symlink";
  if (allowed.every((modes) => modes.includes(mode))) return;
  reasons.deny(
    "install-mode-allowed",
    stated === undefined ? "" : "/install_mode",
    `${quote(name)} is installed as ${mode}${stated === undefined ? " by default" : ""}, ` +
      "which is not allowed.",
  );
}

function judgeData(entry: JsonValue, path: string, reasons: Reasons): void {
  if (!isObject(entry)) return reasons.malformed(path, "an entry of data");
  const found = CONTENTS.flatMap((key) => {
    const text = readText(entry, key, path, reasons);
    return text === undefined ? [] : [{ key, text }];
  });
  if (found.length !== 1) reasons.malformed(path, `one of ${CONTENTS.join(", ")}`);
  for (const { key, text } of found) {
    if (!isAbsolute(text) && !text.split(/[\\/]/).includes("..")) continue;
    const message = `The path ${quote(text)} may lead out of the package's root.`;
    reasons.deny("data-path-inside", `${path}/${key}`, message);
  }
}

/** On any system. */
function isAbsolute(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:)/.test(path);
}

/** A text; what is empty is absent, as it is for the client. */
function readText(
  object: JsonObject,
  key: string,
  path: string,
  reasons: Reasons,
): string | undefined {
  const value = object[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  reasons.malformed(`${path}/${key}`, "a text");
  return undefined;
}
