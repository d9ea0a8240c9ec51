/** Every kind of document that admission knows, a closed list; the kind says what `object` is. */
export const DOCUMENT_KINDS = [
  "kubernetes",
  "compose",
  "dockerfile",
  "cyclonedx",
  "spdx",
  "in-toto",
  "cipd.pin",
  "cipd.package",
  "docker.request",
  "docker.response",
  "docker.config",
  "cni.config",
  "ocm.component",
  "json",
  "yaml",
  "toml",
] as const;

/** One of {@link DOCUMENT_KINDS}. */
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];
