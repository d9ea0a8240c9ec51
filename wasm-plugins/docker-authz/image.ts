import { quote } from "../shared/quote.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** An image's name in full: `docker.io/library/busybox`, its tag or its digest. */
export interface ImageName {
  readonly repository: string;
  readonly tag?: string | undefined;
  /** With it, Docker does not look at a tag. */
  readonly digest?: string | undefined;
}

/** An entry of the setting `images`. */
export interface ImagePattern extends ImageName {
  /** Whether all below the repository is meant, and not itself; with an empty one, all there are. */
  readonly isPrefix: boolean;
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/**
 * Reads an image's name as Docker does; undefined where it is none.
 *
 * @see github.com/distribution/reference, ParseNormalizedNamed()
 */
export function readImageName(text: string): ImageName | undefined {
  if (text.length > 1_000) return undefined;
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = named.lastIndexOf(":");
  const isTagged = colon > named.lastIndexOf("/");
  const tag = isTagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const repository = readRepository(isTagged ? named.slice(0, colon) : named);
  if (repository === undefined) return undefined;
  return digest === undefined ? { repository, tag } : { repository, digest };
}

function readRepository(text: string): string | undefined {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isDomain = /[.:[A-Z]/.test(first) || first === "localhost";
  const domain = isDomain && first !== "index.docker.io" ? first : "docker.io";
  const path = isDomain ? text.slice(slash + 1) : text;
  if (!DOMAIN.test(domain) || !path.split("/").every((part) => COMPONENT.test(part))) {
    return undefined;
  }
  if (/^[0-9a-f]{64}$/.test(path)) return undefined;
  return domain === "docker.io" && !path.includes("/")
    ? `docker.io/library/${path}`
    : `${domain}/${path}`;
}

/** Reads a pattern: an image's name, `registry.example.com/shop/*`, or `*`. */
export function readImagePattern(text: string): ImagePattern | undefined {
  if (text === "*") return { repository: "", isPrefix: true };
  if (!text.endsWith("/*")) {
    const name = readImageName(text);
    return name && { ...name, isPrefix: false };
  }
  const [first = "", ...parts] = text.slice(0, -2).split("/");
  const isDomain = /[.:]/.test(first) || first === "localhost";
  const path = isDomain ? parts : [first, ...parts];
  const domain = isDomain ? first : "docker.io";
  if (!DOMAIN.test(domain) || !path.every((part) => COMPONENT.test(part))) return undefined;
  return { repository: [domain, ...path].join("/"), isPrefix: true };
}

/**
 * Whether Docker may take a name for the beginning of an image's ID, where no image has it for its name:
 * then it would be any image at all.
 */
function mayBeId(text: string): boolean {
  return /^(?:sha(?:256|384|512):)?[0-9a-f]+$/.test(text);
}

/** Judges the image that a container, a mount or a service is made of. */
export function judgeImage(place: Place, settings: Settings): void {
  const text = place.text();
  if (text === "" && place.value === undefined) return place.malformed("the name of an image");
  if (settings.imageIds.includes(text)) return;
  if (mayBeId(text)) {
    const message = `${quote(text)} may be an image's ID; with a tag it is surely a name.`;
    return place.deny("image-allowed", message);
  }
  const name = readImageName(text);
  if (name === undefined) return place.malformed("the name of an image");
  judgeImageName(place, name, settings);
}

/** Judges an image by its name. */
export function judgeImageName(place: Place, name: ImageName, settings: Settings): void {
  if (!settings.images.some((pattern) => matches(pattern, name))) {
    place.deny("image-allowed", `The image ${quote(write(name))} is not allowed.`);
  } else if (settings.pinned && name.digest === undefined) {
    place.deny("image-pinned", `The image ${quote(write(name))} is not named by its digest.`);
  }
}

/** Judges a name that an image gets which was made here. */
export function judgeMadeName(place: Place, text: string, settings: Settings): void {
  const name = readImageName(text);
  if (name === undefined) return place.malformed("the name of an image");
  if (settings.madeImages.some((pattern) => matches(pattern, name))) return;
  place.deny("image-made", `No image that is made here may be called ${quote(write(name))}.`);
}

/** Whether a pattern of either list stands for the name. */
export function isKnownName(text: string, { images, madeImages }: Settings): boolean {
  const name = readImageName(text);
  return name !== undefined && [...images, ...madeImages].some((pattern) => matches(pattern, name));
}

function matches({ repository, tag, digest, isPrefix }: ImagePattern, name: ImageName): boolean {
  if (isPrefix) return repository === "" || name.repository.startsWith(`${repository}/`);
  return name.repository === repository &&
    (tag === undefined || (name.digest === undefined && tag === (name.tag ?? "latest"))) &&
    (digest === undefined || digest === name.digest);
}

function write({ repository, tag, digest }: ImageName): string {
  return `${repository}${tag === undefined ? "" : `:${tag}`}${
    digest === undefined ? "" : `@${digest}`
  }`;
}
