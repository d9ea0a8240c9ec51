import type { AdmissionRequest, Verdict } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";
import type { Host } from "./host.ts";
import type { EntryPoint, GuestPlugin } from "./plugin.ts";

/** A question: `AdmissionRequest` with the settings that the manifest's schema describes. */
export type AdmissionQuestion<Settings = JsonValue> =
  & Omit<AdmissionRequest, "settings">
  & { readonly settings: Settings };

/** One thing that is wrong with settings. */
export interface SettingsFault {
  /** JSON Pointer into the settings. */
  readonly path?: string;
  /** For the operator. */
  readonly message: string;
}

/** What {@link admission} may be told besides the function that judges. */
export interface AdmissionOptions<Settings> {
  /** Looks for what the schema in `plugin.json` cannot say, when an operator loads the plugin. */
  readonly validateSettings?: (settings: Settings) => readonly SettingsFault[];
}

/**
 * Makes a plugin of a function that judges documents.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 */
export function admission<Settings = JsonValue>(
  check: (request: AdmissionQuestion<Settings>, host: Host) => Verdict | Promise<Verdict>,
  { validateSettings }: AdmissionOptions<Settings> = {},
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
  const exports: Record<string, EntryPoint> = { admission_check: answer };
  if (validateSettings !== undefined) {
    exports.settings_validate = ({ settings }: { readonly settings: Settings }) => {
      const errors = validateSettings(settings);
      return { valid: errors.length === 0, errors };
    };
  }
  return { contract: "admission", exports };
}
