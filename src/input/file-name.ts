/** Endings of files that can hold a document, lower-case. */
const ENDINGS = [
  ".yaml",
  ".yml",
  ".json",
  ".jsonl",
  ".toml",
  // CNI
  ".conf",
  ".conflist",
  // CIPD
  ".ensure",
  ".versions",
  // attestations and bills of materials
  ".sigstore",
  ".slsa",
  ".intoto",
  // Not `.spdx`: that is SPDX's tag-value form, which is none of the syntaxes that are read.
  ".cdx",
] as const;

/** `Dockerfile`, `Dockerfile.web`, `Dockerfile-alpine`, `web.Dockerfile`; so for `Containerfile`. */
const DOCKERFILE = /^(?:docker|container)file(?:[._-]|$)|\.(?:docker|container)file$/i;

/** Ensure files as their users call them: `ensure_file`, `ensure_file_windows`, `cipd_manifest.txt`. */
const ENSURE_FILE = /(?:^|[-_.])ensure[-_]?file(?:[-_.]|$)|(?:^|[-_.])cipd_manifest\.txt$/i;

/** `Dockerfile.dockerignore` belongs to a Dockerfile and is none. */
const IGNORE_FILE = /\.dockerignore$/i;

/**
 * Whether a file found in a folder is taken for a document, by its name alone. A file that somebody
 * names is read whatever it is called.
 */
export function looksLikeDocument(fileName: string): boolean {
  const name = fileName.toLowerCase();
  if (IGNORE_FILE.test(name)) return false;
  return ENDINGS.some((ending) => name.endsWith(ending)) || DOCKERFILE.test(name) ||
    ENSURE_FILE.test(name);
}

/**
 * Whether the name may be that of a CNI configuration as well as of anything else: then the text has
 * to begin as {@link beginsLikeObject} says. `nginx.conf` is nobody's document.
 */
export function isConf(fileName: string): boolean {
  return fileName.toLowerCase().endsWith(".conf");
}

/** Bytes before the first character: byte-order marks, the zeros of UTF-16, white space. */
const BEFORE_TEXT: ReadonlySet<number> = new Set([
  ...[0xef, 0xbb, 0xbf, 0xfe, 0xff, 0x00],
  ...[0x09, 0x0a, 0x0d, 0x20],
]);

/** Whether the first character of a text that is no white space is `{`, in any encoding that is read. */
export function beginsLikeObject(bytes: Uint8Array): boolean {
  return bytes.find((byte) => !BEFORE_TEXT.has(byte)) === 0x7b;
}
