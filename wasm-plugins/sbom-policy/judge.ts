import type { AdmissionRequest, JsonObject, Verdict } from "cofferdam/guest";
import { isObject } from "../shared/json.ts";
import { describeFault } from "../shared/settings-reader.ts";
import { listCycloneDx } from "./cyclonedx.ts";
import { DocumentReader } from "./document-reader.ts";
import type { Listing } from "./item.ts";
import { LicenseJudge } from "./license.ts";
import { isSurely } from "./package-pattern.ts";
import { readPackageUrl } from "./package-url.ts";
import { Reasons } from "./reasons.ts";
import { readSettings } from "./settings.ts";
import { listSpdx2 } from "./spdx2.ts";
import { listSpdx3 } from "./spdx3.ts";

/** Judges the packages that a document lists, in time that grows with their number. */
export function judge(request: AdmissionRequest): Verdict {
  const reasons = new Reasons();
  const { settings, faults } = readSettings(request.settings);
  for (const fault of faults) {
    reasons.add("settings-readable", "error", undefined, () => describeFault(fault));
  }
  if (reasons.hasErrors) return reasons.verdict();

  const listing = isObject(request.object)
    ? list(request.kind, request.object, new DocumentReader(reasons))
    : undefined;
  if (listing === undefined) {
    reasons.malformed("", "a CycloneDX or SPDX document");
    return reasons.verdict();
  }
  if (listing.items.length === 0) {
    const write = () => "The document lists no package, so it says nothing about any.";
    reasons.add("something-listed", "error", "", write);
  }
  const licenses = new LicenseJudge(settings, listing.explained, reasons);
  licenses.judgeOwn(listing.own);
  // What a document lists alone is no product made of packages, but the package in question.
  const isAlone = listing.items.filter((item) => item.role !== "file").length === 1;
  const namesMatter = !settings.bans.isEmpty || settings.exempt.length > 0;
  for (const item of listing.items) {
    if (namesMatter) {
      const urls = item.packageUrls.flatMap((text) => readPackageUrl(text) ?? []);
      settings.bans.judge(item, urls, reasons);
      if (settings.exempt.some((pattern) => isSurely(urls, pattern))) continue;
    }
    licenses.judge(item, isAlone && item.role === "product" ? "package" : item.role);
  }
  return reasons.verdict();
}

function list(kind: string, document: JsonObject, reader: DocumentReader): Listing | undefined {
  if (kind === "cyclonedx") {
    return document["bomFormat"] === "CycloneDX" ? listCycloneDx(document, reader) : undefined;
  }
  if (kind !== "spdx") return undefined;
  if (Array.isArray(document["@graph"])) return listSpdx3(document, reader);
  const version = document["spdxVersion"];
  return typeof version === "string" && version.startsWith("SPDX-2.")
    ? listSpdx2(document, reader)
    : undefined;
}
