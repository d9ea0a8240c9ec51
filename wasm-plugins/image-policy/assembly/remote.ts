import { lowerCase } from "cofferdam/assembly/ascii";

/** The short forms' beginnings. */
const PREFIXES: StaticArray<string> = [
  "oci:",
  "git::",
  "gh:",
  "github.com/",
  "github.com:",
  "www.github.com/",
];

/**
 * True for what is fetched from elsewhere rather than read from a file beside the document: a URL,
 * an image (`oci:`), or one of the short forms that Docker, Compose and kustomize take for a Git
 * repository.
 *
 * @see https://docs.docker.com/build/concepts/context/#git-repositories
 * @see https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md
 */
export function isRemote(source: string): bool {
  if (source.indexOf("://") >= 0 || source.indexOf("?ref=") >= 0) return true;
  const lower = lowerCase(source);
  for (let i = 0; i < PREFIXES.length; i++) {
    if (lower.startsWith(PREFIXES[i])) return true;
  }
  // `git@host:path`, as scp writes it.
  const at = source.indexOf("@");
  const colon = source.indexOf(":");
  const slash = source.indexOf("/");
  return at > 0 && at < colon && (slash < 0 || at < slash);
}
