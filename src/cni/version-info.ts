import * as v from "valibot";
import { list } from "../contract/bounded.ts";
import { PluginError } from "../plugin-error.ts";
import { parseCniJson } from "./cni-json.ts";

/** Which versions of the specification a plugin speaks. */
export interface VersionInfo {
  readonly supportedVersions: readonly string[];
}

/** The only versions that came before plugins said which they support. */
const BEFORE_LISTS: readonly string[] = ["0.1.0", "0.2.0"];

const AnswerSchema = v.object({
  cniVersion: v.optional(v.nullable(v.string()), ""),
  supportedVersions: v.optional(v.nullable(list(v.string(), 1_000)), []),
});

/**
 * Reads what a plugin answers to VERSION.
 *
 * @throws {PluginError} `cni.result-malformed`
 * @see CNI SPEC 1.1.0, section 5, "Version"; libcni, pkg/version/plugin.go
 */
export function decodeVersionInfo(answer: Uint8Array): VersionInfo {
  const value = parseCniJson(answer, "answer to VERSION", malformed);
  const result = v.safeParse(AnswerSchema, value, { abortEarly: true });
  if (!result.success) throw malformed(result.issues[0].message);
  const { cniVersion, supportedVersions } = result.output;
  if (!cniVersion) throw malformed('"cniVersion" is missing');
  if (supportedVersions !== null && supportedVersions.length > 0) return { supportedVersions };
  if (cniVersion === "0.2.0") return { supportedVersions: BEFORE_LISTS };
  throw malformed('"supportedVersions" is missing');
}

function malformed(why: string): PluginError {
  return new PluginError(
    "cni.result-malformed",
    `Cannot read the plugin's answer to VERSION: ${why}`,
  );
}
