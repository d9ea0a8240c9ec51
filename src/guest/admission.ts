import type { AdmissionRequest, Verdict } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";
import { describeValue } from "./describe.ts";
import type { Host } from "./host.ts";
import { json } from "./intrinsics.ts";
import type { GuestPlugin } from "./plugin.ts";
import { type PluginOptions, settingsExports } from "./settings.ts";

/** A question: `AdmissionRequest` with the settings that the manifest's schema describes. */
export type AdmissionQuestion<Settings = JsonValue> =
  & Omit<AdmissionRequest, "settings">
  & { readonly settings: Settings };

/**
 * Makes a plugin of a function that judges documents.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 * @throws {TypeError} Where there is no such function, or an option that there is not.
 */
export function admission<Settings = JsonValue>(
  check: (request: AdmissionQuestion<Settings>, host: Host) => Verdict | Promise<Verdict>,
  options: PluginOptions<Settings> = {},
): GuestPlugin {
  if (typeof check !== "function") {
    throw new TypeError(`admission() wants a function that judges, not ${describeValue(check)}`);
  }
  const others = settingsExports("admission()", options);
  const answer = (request: AdmissionQuestion<Settings>, host: Host) => {
    if (request.contract !== "admission" || request.version !== 1) {
      const { contract, version } = request as { contract: unknown; version: unknown };
      throw new Error(
        `cannot answer contract ${json.stringify(contract)}, version ${json.stringify(version)}: ` +
          'wanted "admission", version 1',
      );
    }
    return check(request, host);
  };
  return { contract: "admission", exports: { admission_check: answer, ...others } };
}
