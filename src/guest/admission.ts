import type { AdmissionRequest, Verdict } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";
import type { Host } from "./host.ts";
import type { GuestPlugin } from "./plugin.ts";

/** A question: {@link AdmissionRequest} with the settings that the manifest's schema describes. */
export type AdmissionQuestion<Settings = JsonValue> =
  & Omit<AdmissionRequest, "settings">
  & { readonly settings: Settings };

/**
 * Makes a plugin of a function that judges documents.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 */
export function admission<Settings = JsonValue>(
  check: (request: AdmissionQuestion<Settings>, host: Host) => Verdict | Promise<Verdict>,
): GuestPlugin {
  const answer = (request: AdmissionQuestion<Settings>, host: Host) => {
    if (request.contract !== "admission" || request.version !== 1) {
      const { contract, version } = request as { contract: unknown; version: unknown };
      throw new Error(
        `cannot answer contract ${JSON.stringify(contract)}, version ${JSON.stringify(version)}: ` +
          'wanted "admission", version 1',
      );
    }
    return check(request, host);
  };
  return { contract: "admission", exports: { admission_check: answer } };
}
