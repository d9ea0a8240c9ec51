import type { JsonObject, JsonValue, SettingsFault } from "cofferdam/guest";
import { isObject, pointerStep } from "../shared/json.ts";
import { AllowList } from "./allow-list.ts";
import { type Ban, BanList } from "./ban.ts";
import { type Expression, readExpression } from "./expression.ts";
import type { Role } from "./item.ts";
import { hasSemver, type Pattern, readPattern, readRange } from "./package-pattern.ts";
import { quote } from "./quote.ts";

/** What something earns. */
export type Consequence = "error" | "warning" | "off";

/** The operator's settings, read. */
export interface Settings {
  readonly allowed: AllowList;
  /** What texts that are no expression mean. */
  readonly aliases: ReadonlyMap<string, Expression>;
  readonly licenseFrom: "concluded" | "declared" | "both";
  readonly missing: Readonly<Record<Role, Consequence>>;
  readonly bans: BanList;
  /** Whose licences are not judged. */
  readonly exempt: readonly Pattern[];
}

/** Says the same as the defaults in `plugin.json`. */
const DEFAULT_LICENSES: readonly string[] = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
  "Zlib",
];

const CONSEQUENCES = ["error", "warning", "off"] as const;

/**
 * Reads settings, and with them what the schema in `plugin.json` cannot say: whether licences,
 * patterns and ranges can be read.
 */
export function readSettings(value: JsonValue): { settings: Settings; faults: SettingsFault[] } {
  const faults: SettingsFault[] = [];
  const fault = (path: string, message: string) => void faults.push({ path, message });
  const object: JsonObject = isObject(value) ? value : {};
  if (!isObject(value)) fault("", "The settings are not an object.");

  const choose = <T extends string>(key: string, values: readonly T[], otherwise: T): T => {
    const chosen = object[key] ?? otherwise;
    if (values.includes(chosen as T)) return chosen as T;
    fault(`/${key}`, `Wanted one of ${values.join(", ")}.`);
    return otherwise;
  };
  const list = (key: string, otherwise: readonly JsonValue[]): readonly JsonValue[] => {
    const items = object[key] ?? otherwise;
    if (Array.isArray(items)) return items;
    fault(`/${key}`, "Wanted a list.");
    return [];
  };

  const allowed = new AllowList();
  list("allowedLicenses", DEFAULT_LICENSES).forEach((entry, i) => {
    const wrong = typeof entry === "string" ? allowed.add(entry) : { fault: "it is no text" };
    if (wrong) fault(`/allowedLicenses/${i}`, `Cannot read ${show(entry)}: ${wrong.fault}.`);
  });

  const bans = new BanList();
  list("bannedPackages", []).forEach((entry, i) => {
    const ban = readBan(entry);
    if (typeof ban === "string") fault(`/bannedPackages/${i}`, ban);
    else bans.add(ban);
  });

  const exempt: Pattern[] = [];
  list("exemptPackages", []).forEach((entry, i) => {
    const pattern = typeof entry === "string" ? readPattern(entry) : undefined;
    if (pattern?.type !== undefined) exempt.push(pattern);
    else fault(`/exemptPackages/${i}`, `Cannot read ${show(entry)}: wanted "pkg:npm/@acme/*".`);
  });

  const settings: Settings = {
    allowed,
    aliases: readAliases(object["licenseAliases"], fault),
    licenseFrom: choose("licenseFrom", ["concluded", "declared", "both"], "concluded"),
    missing: {
      package: choose("missingLicense", CONSEQUENCES, "error"),
      product: choose("missingProductLicense", CONSEQUENCES, "warning"),
      file: choose("missingFileLicense", CONSEQUENCES, "off"),
    },
    bans,
    exempt,
  };
  return { settings, faults };
}

/** @returns why it is none */
function readBan(entry: JsonValue): Ban | string {
  const object = typeof entry === "string" ? { package: entry } : entry;
  const text = isObject(object) ? object["package"] : undefined;
  if (!isObject(object) || typeof text !== "string") {
    return "Wanted a package, or one with versions.";
  }
  const pattern = readPattern(text);
  if (pattern === undefined) {
    return `Cannot read ${quote(text)}: wanted a name, "pkg:npm/left-pad" or "pkg:npm/@acme/*".`;
  }
  const reason = object["reason"];
  if (reason !== undefined && typeof reason !== "string") return "Wanted a reason in words.";
  const given = object["versions"];
  const ban = { pattern, reason };
  if (given === undefined) return { ...ban, versions: undefined, versionsText: undefined };
  if (Array.isArray(given)) {
    if (!given.every((version) => typeof version === "string")) return "Wanted versions as texts.";
    return { ...ban, versions: given as string[], versionsText: given.join(", ") };
  }
  const range = typeof given === "string" ? readRange(given) : undefined;
  if (range === undefined) return `Cannot read ${show(given)}: wanted a range, ">=1.2.0 <2.0.0".`;
  if (!hasSemver(pattern)) {
    return `Cannot compare versions of "pkg:${pattern.type}": list them one by one.`;
  }
  return { ...ban, versions: range, versionsText: given as string };
}

function readAliases(
  value: JsonValue | undefined,
  fault: (path: string, message: string) => void,
): ReadonlyMap<string, Expression> {
  const aliases = new Map<string, Expression>();
  if (value === undefined) return aliases;
  if (!isObject(value)) {
    fault("/licenseAliases", "Wanted an object.");
    return aliases;
  }
  for (const [text, meaning] of Object.entries(value)) {
    const expression = typeof meaning === "string"
      ? readExpression(meaning)
      : { fault: "it is no text" };
    if ("fault" in expression) {
      const path = `/licenseAliases/${pointerStep(text)}`;
      fault(path, `Cannot read ${show(meaning)}: ${expression.fault}.`);
    } else {
      aliases.set(text, expression);
    }
  }
  return aliases;
}

function show(value: JsonValue): string {
  return typeof value === "string" ? quote(value) : "this";
}
