import { PluginError } from "../plugin-error.ts";
import type { Verdict } from "../contract/admission.ts";
import type { JudgingPlugin } from "../host/plugin.ts";
import { type Pin, pinDocument } from "./pin.ts";

/** @throws {PluginError} `registry.not-implements` for a plugin that does not judge pins */
export function checkJudgesPins({ manifest, admission }: JudgingPlugin): void {
  if (admission.judges({ kind: "cipd.pin" })) return;
  throw new PluginError(
    "registry.not-implements",
    `Cannot judge pins with ${manifest.name}: its manifest does not name the kind "cipd.pin"`,
  );
}

/**
 * Asks every plugin about a pin.
 *
 * @returns Their verdicts, in the order of the plugins; all must allow.
 * @throws {PluginError} `cipd.pin-invalid`; what {@link Plugin} throws
 */
export async function judgePin(
  plugins: readonly JudgingPlugin[],
  serviceUrl: string,
  pin: Pin,
  signal?: AbortSignal,
): Promise<Verdict[]> {
  const document = await pinDocument(serviceUrl, pin);
  return await Promise.all(plugins.map(({ admission }) => admission.check(document, { signal })));
}
