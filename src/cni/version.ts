import { CNI_VERSIONS, type CniVersion } from "../contract/cni-result.ts";
import { PluginError } from "../plugin-error.ts";
import { quote } from "../document/source-text.ts";

/** The newest version of the specification that is spoken here. */
export const CURRENT_CNI_VERSION: CniVersion = "1.1.0";

/** What a configuration without a version is written in. */
export const FIRST_CNI_VERSION: CniVersion = "0.1.0";

/** One to three numbers. Beyond nine digits a number would not be exact in every reader. */
const VERSION = /^\d{1,9}(?:\.\d{1,9}){0,2}$/;

/**
 * The three numbers of a version; numbers that are left out are 0, and `""` is 0.1.0.
 *
 * @throws {PluginError} `cni.version-malformed`
 * @see libcni, pkg/version/plugin.go; a sign, which that takes, is none here
 */
export function parseCniVersion(text: string): readonly [number, number, number] {
  const version = text === "" ? FIRST_CNI_VERSION : text;
  if (!VERSION.test(version)) {
    const message = `Cannot read the CNI version ${quote(text)}: wanted one as "1.0.0"`;
    throw new PluginError("cni.version-malformed", message);
  }
  const [major = 0, minor = 0, micro = 0] = version.split(".").map(Number);
  return [major, minor, micro];
}

/**
 * Negative where `a` is the older one, 0 for the same.
 *
 * @throws {PluginError} `cni.version-malformed`
 */
export function compareCniVersions(a: string, b: string): number {
  const [first, second] = [parseCniVersion(a), parseCniVersion(b)];
  const at = [0, 1, 2].find((place) => first[place] !== second[place]);
  return at === undefined ? 0 : first[at]! - second[at]!;
}

/**
 * Whether `version` has what came with `since`.
 *
 * @throws {PluginError} `cni.version-malformed`
 */
export function isAtLeast(version: string, since: CniVersion): boolean {
  return compareCniVersions(version, since) >= 0;
}

/**
 * The version by the specification's own list; `""` is 0.1.0.
 *
 * @param what Is written in it, for the message: `the result of plugin "x"`.
 * @throws {PluginError} `cni.version-unsupported`
 */
export function knownCniVersion(version: string, what: string): CniVersion {
  const known = CNI_VERSIONS.find((one) => one === (version || FIRST_CNI_VERSION));
  if (known !== undefined) return known;
  const message = `Cannot use ${what}: its CNI version is ${quote(version)}, wanted one of ${
    CNI_VERSIONS.join(", ")
  }`;
  throw new PluginError("cni.version-unsupported", message);
}
