/** The ids of the rules in `plugin.json`. */
export namespace Rule {
  export const IMAGE_REFERENCE = "image-reference";
  export const REGISTRY_ALLOWED = "registry-allowed";
  export const IMAGE_TAGGED = "image-tagged";
  export const NO_LATEST = "no-latest";
  export const DIGEST_PINNED = "digest-pinned";
  export const NO_PRIVILEGED = "no-privileged";
  export const NO_HOST_NAMESPACE = "no-host-namespace";
  export const NO_HOST_PATH = "no-host-path";
  export const CANNOT_TELL = "cannot-tell";
  export const MALFORMED_WORKLOAD = "malformed-workload";
}
