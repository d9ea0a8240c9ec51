import { NEWEST_MINOR } from "./checks.ts";
import { type Level, LEVELS } from "./control.ts";

/** The operator's settings, with their defaults. */
export interface Settings {
  readonly level: Level;
  /** The minor version of Kubernetes whose standards hold. */
  readonly minor: number;
  readonly exemptNamespaces: readonly string[];
}

/**
 * Reads the settings once more, behind the host: not every host checks them against the manifest.
 *
 * @returns A text says what is wrong with them.
 */
export function readSettings(value: unknown): Settings | string {
  const given = value ?? {};
  if (typeof given !== "object" || Array.isArray(given)) return "the settings must be an object";
  const { level = "restricted", version = "latest", exemptNamespaces = [], ...others } =
    given as Readonly<Record<string, unknown>>;
  const other = Object.keys(others)[0];
  if (other !== undefined) return `there is no setting ${JSON.stringify(other)}`;
  if (!LEVELS.includes(level as Level)) return `"level" must be ${LEVELS.join(" or ")}`;
  const minor = minorOf(version);
  if (minor === undefined) return `"version" must be latest or v1.0 to v1.${NEWEST_MINOR}`;
  if (!isTexts(exemptNamespaces)) return `"exemptNamespaces" must be a list of names`;
  return { level: level as Level, minor, exemptNamespaces };
}

/** A later version may forbid what nobody here knows of, so it is none of those that can be judged. */
function minorOf(version: unknown): number | undefined {
  if (version === "latest") return NEWEST_MINOR;
  const digits = typeof version === "string" ? /^v1\.(0|[1-9]\d?)$/.exec(version)?.[1] : undefined;
  const minor = Number(digits ?? NaN);
  return minor <= NEWEST_MINOR ? minor : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
