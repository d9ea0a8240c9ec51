import parseVersion from "semver/functions/parse.js";
import Range from "semver/classes/range.js";
import type { Item } from "./item.ts";
import { type PackageUrl, readPackageUrl } from "./package-url.ts";

/** Types of package URLs whose versions are semantic versions, in the order of those. */
const SEMVER_TYPES: ReadonlySet<string> = new Set(["cargo", "golang", "hex", "npm", "swift"]);

/** Which packages: "pkg:npm/left-pad", "pkg:npm/@acme/*", or a name alone. */
export interface Pattern {
  readonly text: string;
  /** Undefined for a name alone. */
  readonly type: string | undefined;
  /** With its namespace; of a namespace with all in it, the namespace and a slash. */
  readonly name: string;
  readonly isNamespace: boolean;
}

/** Reads a pattern; undefined for what is none. */
export function readPattern(text: string): Pattern | undefined {
  if (!/^pkg:/i.test(text)) {
    return /^\s*$/.test(text)
      ? undefined
      : { text, type: undefined, name: text, isNamespace: false };
  }
  const url = /[?#]/.test(text) ? undefined : readPackageUrl(text);
  if (url === undefined || url.version !== undefined) return undefined;
  const isNamespace = url.name === "*";
  const name = isNamespace ? url.fullName.slice(0, -1) : url.fullName;
  return name.includes("*") ? undefined : { text, type: url.type, name, isNamespace };
}

/** Whether every package URL of an item, and there is one, is the pattern's to the letter. */
export function isSurely(urls: readonly PackageUrl[], pattern: Pattern): boolean {
  const isIt = ({ type, fullName }: PackageUrl) =>
    type === pattern.type &&
    (pattern.isNamespace ? fullName.startsWith(pattern.name) : fullName === pattern.name);
  return urls.length > 0 && urls.every(isIt);
}

/** Whether an item may be what the pattern names; without a package URL its name decides. */
export function isPerhaps(
  { name, group }: Item,
  urls: readonly PackageUrl[],
  pattern: Pattern,
): boolean {
  const { type } = pattern;
  const wanted = fold(pattern.name, type);
  const isIt = (name: string) => {
    const folded = fold(name, type);
    return pattern.isNamespace ? folded.startsWith(wanted) : folded === wanted;
  };
  const full = group !== undefined ? [`${group}/${name}`, `${group}:${name}`] : [name];
  if (type === undefined) {
    return [name, ...full].some(isIt) ||
      urls.some((url) => isIt(url.name) || isIt(url.fullName));
  }
  if (urls.length === 0) return full.some(isIt);
  return urls.some((url) => url.type === type && isIt(url.fullName));
}

/** Registries differ in what they take for the same name; who bans one means all of them. */
export function fold(name: string, type: string | undefined): string {
  const lower = name.toLowerCase();
  return type === "pypi" ? lower.replace(/[-_.]+/g, "-") : lower;
}

/** The versions that a ban is about: exact ones, a range of semantic versions, or all. */
export type Versions = readonly string[] | Range | undefined;

/** Reads a range of semantic versions, ">=1.2.0 <2"; undefined for what is none. */
export function readRange(text: string): Range | undefined {
  try {
    // A pre-release within the range is banned like the others.
    return new Range(text, { includePrerelease: true });
  } catch {
    return undefined;
  }
}

/** Whether a ban's versions hold an item's; `unsure` where that cannot be told. */
export function holds(
  versions: Versions,
  item: Item,
  urls: readonly PackageUrl[],
  pattern: Pattern,
): "yes" | "no" | "unsure" {
  if (versions === undefined) return "yes";
  const known = [item.version, ...urls.map((url) => url.version)]
    .filter((version) => version !== undefined && version !== "") as string[];
  if (known.length === 0) return "unsure";
  if (!(versions instanceof Range)) {
    return known.some((version) => versions.includes(version)) ? "yes" : "no";
  }
  const types = urls.length > 0 ? urls.map((url) => url.type) : [pattern.type ?? ""];
  if (!types.every((type) => SEMVER_TYPES.has(type))) return "unsure";
  const parsed = known.map((version) => parseVersion(version));
  if (parsed.some((version) => version !== null && versions.test(version))) return "yes";
  return parsed.includes(null) ? "unsure" : "no";
}

/** Whether a pattern's versions can be compared at all. */
export function hasSemver(pattern: Pattern): boolean {
  return pattern.type === undefined || SEMVER_TYPES.has(pattern.type);
}
