/** What the client fills in by platform in the names of an ensure file. */
const PLATFORM = /\$\{(?:os|arch|platform)(?:=[a-z0-9_,-]+)?\}/g;

/** What `cipd pkg-build` fills in by its flags in a definition. */
const VARIABLE = /\$\{[^}]+\}/g;

/** True for words of `[a-z0-9_.-]` between slashes, none of dots alone. @see luci-go, cipd/common */
export function isPackageName(name: string): boolean {
  return name.length <= 1_000 &&
    name.split("/").every((word) => /^[a-z0-9_.-]+$/.test(word) && !/^\.+$/.test(word));
}

/** True for a package's name in an ensure file: `${platform}`, `${os}` and `${arch}` may stand in it. */
export function isPinName(name: string): boolean {
  return name.length <= 1_000 && isPackageName(name.replace(PLATFORM, "x"));
}

/** True for a package's name in a definition: any variable may stand in it. */
export function isDefinitionName(name: string): boolean {
  return name.length <= 1_000 && isPackageName(name.replace(VARIABLE, "x"));
}

/** True where it depends on the platform, or on flags, which package is meant. */
export function isTemplate(name: string): boolean {
  return name.includes("${");
}
