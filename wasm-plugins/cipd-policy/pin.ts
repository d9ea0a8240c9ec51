import type { Host, JsonObject } from "cofferdam/guest";
import { matchesGlob } from "../shared/glob.ts";
import { quote, quoteAll } from "../shared/quote.ts";
import { readHashAlgo } from "./instance-id.ts";
import { judgeMetadata } from "./metadata.ts";
import { entriesFor } from "./package-list.ts";
import { isPinName, isTemplate } from "./package-name.ts";
import type { Reasons } from "./reasons.ts";
import { readServiceUrl } from "./service-url.ts";
import type { PackageEntry, Settings } from "./settings.ts";

/** What a pin says. */
interface Pin {
  readonly name: string;
  /** What the document says of the service; undefined where it says nothing. */
  readonly serviceUrl: string | undefined;
  readonly version: Version;
}

/** An instance, or a ref or tag that may come to mean another one. */
type Version =
  | { readonly instanceId: string; readonly hashAlgo: string }
  | { readonly unresolved: string };

/** Judges one pin; its metadata is asked for only where all else is as it should be. */
export function judgePin(
  object: JsonObject,
  settings: Settings,
  host: Host,
  reasons: Reasons,
): void {
  const pin = readPin(object, reasons);
  if (pin === undefined) return;
  const entries = entriesFor(pin.name, settings.packages);
  if (entries.length === 0) {
    reasons.deny("package-allowed", "/package", `The package ${quote(pin.name)} is not allowed.`);
  }
  const service = pin.serviceUrl === undefined
    ? settings.defaultService
    : readServiceUrl(pin.serviceUrl);
  for (const entry of entries) {
    if (!entry.services.some(({ key }) => key === service?.key)) {
      denyService(pin, settings, reasons);
    }
    judgeVersion(pin, entry, reasons);
  }
  const required = entries.flatMap((entry) => entry.metadata);
  if (required.length === 0 || service === undefined || reasons.any) return;
  const keys = [...new Set(required.map(({ key }) => key))];
  const cannot = (path: string, why: string) =>
    reasons.deny(
      "metadata-required",
      path,
      `${quote(pin.name)} must have metadata (${quoteAll(keys)}), but ${why}.`,
    );
  if ("unresolved" in pin.version) {
    cannot("/version", "which instance is meant is not known before it is pinned");
  } else if (isTemplate(pin.name)) {
    cannot("/package", "which package is meant depends on the platform");
  } else {
    const { instanceId } = pin.version;
    const question = { service: service.url, package: pin.name, instanceId, keys };
    judgeMetadata(question, required, host, reasons);
  }
}

function judgeVersion({ name, version }: Pin, entry: PackageEntry, reasons: Reasons): void {
  if ("unresolved" in version) {
    const { unresolved } = version;
    if (entry.unpinned.some((pattern) => matchesGlob(pattern, unresolved))) return;
    const tolerated = quoteAll(entry.unpinned);
    const others = tolerated === "" ? "" : `; tolerated are only ${tolerated}`;
    reasons.deny(
      "version-pinned",
      "/version",
      `The version ${quote(unresolved)} of ${quote(name)} is no instance ID${others}.`,
    );
  } else if (!entry.hashAlgos.includes(version.hashAlgo)) {
    reasons.deny(
      "hash-allowed",
      "/instanceId",
      `The instance of ${quote(name)} is named by its ${version.hashAlgo}, which is not allowed.`,
    );
  }
}

function denyService({ name, serviceUrl }: Pin, settings: Settings, reasons: Reasons): void {
  const meant = settings.defaultService.url;
  if (serviceUrl === undefined) {
    const message = `${quote(name)} names no service, so ${quote(meant)} is meant, ` +
      "from which it may not come.";
    reasons.deny("service-allowed", "", message);
  } else {
    const message = `${quote(name)} may not come from the service ${quote(serviceUrl)}.`;
    reasons.deny("service-allowed", "/serviceUrl", message);
  }
}

function readPin(object: JsonObject, reasons: Reasons): Pin | undefined {
  const { package: name, serviceUrl } = object;
  const version = readVersion(object, reasons);
  const isName = typeof name === "string" && isPinName(name);
  if (!isName) reasons.malformed("/package", "the name of a package");
  if (serviceUrl !== undefined && typeof serviceUrl !== "string") {
    reasons.malformed("/serviceUrl", "the URL of a service");
    return undefined;
  }
  return isName && version !== undefined ? { name, serviceUrl, version } : undefined;
}

/** A pin has an instance ID, a line that is not resolved yet a version and `resolved: false`. */
function readVersion(object: JsonObject, reasons: Reasons): Version | undefined {
  const { instanceId, hashAlgo, version, resolved } = object;
  if (instanceId === undefined) {
    if (resolved !== false) {
      reasons.malformed("", "a pin: it has no instanceId");
    } else if (
      typeof version !== "string" || version === "" || version.length > 400 ||
      readHashAlgo(version) !== undefined
    ) {
      reasons.malformed("/version", "a ref or a tag");
    } else {
      return { unresolved: version };
    }
    return undefined;
  }
  const read = typeof instanceId === "string" ? readHashAlgo(instanceId) : undefined;
  if (read === undefined) {
    reasons.malformed("/instanceId", "an instance ID");
  } else if (hashAlgo !== undefined && hashAlgo !== read) {
    reasons.malformed("/hashAlgo", `${read}, as the instance ID says`);
  } else if (resolved === false) {
    reasons.malformed("/resolved", "said of a pin: it has an instance ID");
  } else {
    return { instanceId: instanceId as string, hashAlgo: read };
  }
  return undefined;
}
