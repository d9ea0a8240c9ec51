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
  ".spdx",
  ".cdx",
] as const;

/** `Dockerfile`, `Dockerfile.web`, `web.Dockerfile`, and the same for `Containerfile`. */
const DOCKERFILE = /^(?:docker|container)file(?:\.|$)|\.(?:docker|container)file$/i;

/** Ensure files as their users call them: `ensure_file`, `ensure_file_windows`, `cipd_manifest.txt`. */
const ENSURE_FILE = /(?:^|[-_.])ensure[-_]?file(?:[-_.]|$)|(?:^|[-_.])cipd_manifest\.txt$/i;

/** `Dockerfile.dockerignore` belongs to a Dockerfile and is none. */
const IGNORE_FILE = /ignore$/i;

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
