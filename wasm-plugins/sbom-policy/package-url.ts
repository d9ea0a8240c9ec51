/** A package URL without what does not name a package. @see https://github.com/package-url/purl-spec */
export interface PackageUrl {
  /** Lower case. */
  readonly type: string;
  /** With its namespace: "@babel/core", "org.apache.commons/commons-text". */
  readonly fullName: string;
  readonly name: string;
  readonly version: string | undefined;
}

const MAX_LENGTH = 4_096;

/** Reads a package URL, also one that should have escaped its "@". */
export function readPackageUrl(text: string): PackageUrl | undefined {
  if (text.length > MAX_LENGTH || text.slice(0, 4).toLowerCase() !== "pkg:") return undefined;
  const path = before(before(text.slice(4), "#"), "?");
  const at = path.lastIndexOf("@");
  const hasVersion = at > path.lastIndexOf("/");
  const version = hasVersion ? decode(path.slice(at + 1)) : undefined;
  const plain = withoutNeedlessSlashes(hasVersion ? path.slice(0, at) : path);
  const slash = plain.indexOf("/");
  const fullName = decode(plain.slice(slash + 1));
  if (slash < 1 || !fullName || (hasVersion && version === undefined)) return undefined;
  return {
    type: plain.slice(0, slash).toLowerCase(),
    fullName,
    name: fullName.slice(fullName.lastIndexOf("/") + 1),
    version: version === "" ? undefined : version,
  };
}

function before(text: string, mark: string): string {
  const end = text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
}

/** Slashes in front, behind and in a row mean nothing. */
function withoutNeedlessSlashes(path: string): string {
  if (!path.startsWith("/") && !path.endsWith("/") && !path.includes("//")) return path;
  return path.split("/").filter((part) => part !== "").join("/");
}

function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
