import type { AdmissionRequest, Verdict } from "../contract/admission.ts";
import type { JsonValue } from "../json.ts";
import { checkMethods } from "./answer-of.ts";
import { describeValue } from "./describe.ts";
import type { Host } from "./host.ts";
import { json } from "./intrinsics.ts";
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

const OPTIONS = { required: [], optional: ["validateSettings"] };

/**
 * Makes a plugin of a function that judges documents.
 *
 * @typeParam Settings What the schema in `plugin.json` allows; the host has checked it.
 * @throws {TypeError} Where there is no such function, or an option that there is not.
 */
export function admission<Settings = JsonValue>(
  check: (request: AdmissionQuestion<Settings>, host: Host) => Verdict | Promise<Verdict>,
  options: AdmissionOptions<Settings> = {},
): GuestPlugin {
  if (typeof check !== "function") {
    throw new TypeError(`admission() wants a function that judges, not ${describeValue(check)}`);
  }
  checkMethods("what admission() is told", options, OPTIONS);
  const { validateSettings } = options;
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
  const exports: Record<string, EntryPoint> = { admission_check: answer };
  if (validateSettings !== undefined) {
    exports.settings_validate = ({ settings }: { readonly settings: Settings }) => {
      const errors = validateSettings(settings);
      return { valid: errors.length === 0, errors };
    };
  }
  return { contract: "admission", exports };
}
