import canonicalize from "canonicalize";
import * as v from "valibot";
import type { Manifest } from "../bundle/manifest.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Callable } from "./callable.ts";

/** The optional entry point with which a plugin checks what a schema cannot say. */
const SETTINGS_EXPORT = "settings_validate";

const Answer = v.strictObject({
  valid: v.boolean(),
  errors: v.exactOptional(
    v.array(v.strictObject({ path: v.exactOptional(v.string()), message: v.string() })),
  ),
});

/**
 * Checks an operator's settings against the plugin's schema, and with the plugin's own
 * `settings_validate` where it has one. Both are the plugin's, so both run bounded.
 *
 * @throws {PluginError} `contract.settings-invalid`, with the path of the first offending field;
 * `bundle.manifest-invalid` for a schema that cannot be used
 */
export async function checkSettings(
  sandbox: Sandbox,
  guest: Callable & { has(entry: string): boolean },
  manifest: Manifest,
  settings: JsonValue,
  timeoutMs: number,
): Promise<void> {
  const { name } = manifest;
  const text = encodeSettings(settings, name);
  if (manifest.settings === undefined) {
    if (isJsonObject(settings) && Object.keys(settings).length === 0) return;
    throw new PluginError(
      "contract.settings-invalid",
      `Cannot use the settings of ${name}: it takes none`,
    );
  }
  const faults = await runSchema(sandbox, name, manifest.settings, settings, timeoutMs);
  if (faults.length > 0) throw invalid(name, faults[0]!);
  if (!guest.has(SETTINGS_EXPORT)) return;

  const request = `{"contract":"settings","settings":${text},"version":1}`;
  const now = new Date().toISOString();
  const { output } = await guest.call(SETTINGS_EXPORT, new TextEncoder().encode(request), { now });
  const answer = v.safeParse(Answer, parseGuestJson(output));
  if (!answer.success) {
    throw new PluginError(
      "contract.output-invalid",
      `Cannot use the answer of "${SETTINGS_EXPORT}" of ${name}: ${answer.issues[0].message}`,
    );
  }
  const { valid, errors = [] } = answer.output;
  if (!valid || errors.length > 0) {
    throw invalid(name, errors[0] ?? { message: "the plugin refused them and did not say why" });
  }
}

/** Canonical JSON, which also says whether the settings are JSON at all. */
function encodeSettings(settings: JsonValue, name: string): string {
  try {
    return canonicalize(settings)!;
  } catch (cause) {
    throw invalid(name, { message: `they are no JSON (${(cause as Error).message})` });
  }
}

async function runSchema(
  sandbox: Sandbox,
  name: string,
  schema: JsonValue,
  settings: JsonValue,
  timeoutMs: number,
) {
  try {
    return await sandbox.checkSchema(`the settings schema of ${name}`, schema, settings, timeoutMs);
  } catch (error) {
    if (!(error instanceof PluginError && error.code === "internal.error")) throw error;
    throw new PluginError(
      "bundle.manifest-invalid",
      `Cannot use the settings schema of ${name}: ${error.message}`,
      { details: { path: "/settings" }, cause: error },
    );
  }
}

function invalid(
  name: string,
  { path, message }: { path?: string; message: string },
): PluginError {
  const where = path ? `"${path}": ` : "";
  return new PluginError(
    "contract.settings-invalid",
    `Cannot use the settings of ${name}: ${where}${message}`,
    { details: path === undefined ? {} : { path } },
  );
}
