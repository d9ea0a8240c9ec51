import { isDigit, isLetter, isLowerCase, isLowerHex, lowerCase } from "cofferdam/assembly/ascii";

/** Image references, read as Docker reads them. @see https://github.com/distribution/reference */

/** The registry of a reference that names none. */
const DEFAULT_HOST = "docker.io";

/** The longest name that the grammar has. */
const MAX_NAME = 255;
const MAX_TAG = 128;

/** A reference with its defaults filled in, except for the tag. */
export class ImageReference {
  constructor(
    /** In lower case, with its port: `docker.io`, `localhost:5000`. */
    readonly host: string,
    /** `library/nginx` */
    readonly path: string,
    /** Empty where the reference has none. */
    readonly tag: string,
    /** `sha256:<hex>`; empty where the reference has none. */
    readonly digest: string,
  ) {}

  /** The host and path that an allow-list names. */
  get repository(): string {
    return this.host + "/" + this.path;
  }
}

/** Reads `[host[:port]/]path[:tag][@digest]`; null for anything else, local image ids included. */
export function parseReference(text: string): ImageReference | null {
  const at = text.indexOf("@");
  const digest = at < 0 ? "" : text.slice(at + 1);
  if (at >= 0 && !isDigest(digest)) return null;
  const named = at < 0 ? text : text.slice(0, at);

  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  // Only a first part that looks like a host is one; `acme/web` is a user of Docker Hub.
  const hasHost = slash >= 0 && (isRegistryHost(first) || lowerCase(first) != first);
  if (hasHost && !isHost(first)) return null;
  const host = hasHost ? normalizeHost(first) : DEFAULT_HOST;
  const rest = hasHost ? named.slice(slash + 1) : named;

  const colon = rest.indexOf(":", rest.lastIndexOf("/") + 1);
  const tag = colon < 0 ? "" : rest.slice(colon + 1);
  if (colon >= 0 && !isTag(tag)) return null;
  let path = colon < 0 ? rest : rest.slice(0, colon);
  if (!isPath(path)) return null;
  // `sha256:…` and 64 digits name an image that is on the machine, from wherever it came.
  if (!hasHost && (isHex(path, 64) || (path == "sha256" && isHex(tag, 64)))) return null;
  if (host == DEFAULT_HOST && path.indexOf("/") < 0) path = "library/" + path;
  if (host.length + 1 + path.length > MAX_NAME) return null;
  return new ImageReference(host, path, tag, digest);
}

/** True when the first part of a reference is a registry's host rather than part of a path. */
export function isRegistryHost(part: string): bool {
  return part == "localhost" || part.indexOf(".") >= 0 || part.indexOf(":") >= 0;
}

/** Host names know no case, and Docker Hub has two. */
export function normalizeHost(host: string): string {
  const lower = lowerCase(host);
  return lower == "index.docker.io" ? DEFAULT_HOST : lower;
}

function isHost(host: string): bool {
  let name = host;
  const colon = host.lastIndexOf(":");
  if (colon > host.lastIndexOf("]")) {
    name = host.slice(0, colon);
    if (!isDigits(host.slice(colon + 1))) return false;
  }
  if (name.startsWith("[")) return isIpv6(name);
  const labels = name.split(".");
  for (let i = 0; i < labels.length; i++) {
    if (!isLabel(labels[i])) return false;
  }
  return true;
}

function isLabel(label: string): bool {
  for (let i = 0; i < label.length; i++) {
    const c = label.charCodeAt(i);
    const isInner = c == 0x2d && i > 0 && i < label.length - 1;
    if (!isDigit(c) && !isLetter(c) && !isInner) return false;
  }
  return label != "";
}

function isIpv6(text: string): bool {
  for (let i = 1; i < text.length - 1; i++) {
    const c = text.charCodeAt(i);
    if (c != 0x3a && !isLowerHex(c | 0x20)) return false;
  }
  return text.length > 2 && text.endsWith("]");
}

/** Components of `[a-z0-9]` parted by `.`, `_`, `__` or hyphens. */
function isPath(path: string): bool {
  const parts = path.split("/");
  for (let i = 0; i < parts.length; i++) {
    if (!isComponent(parts[i])) return false;
  }
  return true;
}

function isComponent(part: string): bool {
  let separator = "";
  for (let i = 0; i < part.length; i++) {
    const c = part.charCodeAt(i);
    if (isDigit(c) || isLowerCase(c)) {
      separator = "";
      continue;
    }
    const isFirst = separator == "" && i > 0 && (c == 0x2e || c == 0x5f || c == 0x2d);
    const isMore = (separator == "_" && c == 0x5f) || (separator.startsWith("-") && c == 0x2d);
    if (!isFirst && !isMore) return false;
    separator += part.charAt(i);
  }
  return part != "" && separator == "";
}

function isTag(tag: string): bool {
  for (let i = 0; i < tag.length; i++) {
    const c = tag.charCodeAt(i);
    const isWord = isDigit(c) || isLetter(c) || c == 0x5f;
    if (!isWord && (i == 0 || (c != 0x2e && c != 0x2d))) return false;
  }
  return tag != "" && tag.length <= MAX_TAG;
}

/** The algorithms that registries and runtimes know, with hexadecimal digits in lower case. */
function isDigest(digest: string): bool {
  const colon = digest.indexOf(":");
  const algorithm = digest.slice(0, max(colon, 0));
  const length = algorithm == "sha256"
    ? 64
    : algorithm == "sha384"
    ? 96
    : algorithm == "sha512"
    ? 128
    : 0;
  return length > 0 && isHex(digest.slice(colon + 1), length);
}

function isHex(text: string, length: i32): bool {
  for (let i = 0; i < text.length; i++) {
    if (!isLowerHex(text.charCodeAt(i))) return false;
  }
  return text.length == length;
}

function isDigits(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i))) return false;
  }
  return text != "";
}
