import { lowerCase } from "cofferdam/assembly/ascii";
import { markHeap, releaseHeap } from "cofferdam/assembly/heap";
import { Json } from "cofferdam/assembly/json";
import { quote, Verdict } from "cofferdam/assembly/verdict";
import { cleanPath, isWithin } from "./host-path";
import { ImageReference, parseReference } from "./reference";
import { Rule } from "./rule";
import { ANY_REGISTRY, Settings } from "./settings";
import { interpolate } from "./variable";

/**
 * The rules themselves, told apart from where each kind of document keeps what they are about.
 *
 * Null counts as not there, as it does for every reader of these formats. A value of the wrong type
 * never counts as not there: it breaks a rule of its own.
 */
export class Judge {
  constructor(
    private readonly settings: Settings,
    private readonly verdict: Verdict,
    /** Whether every text may hold variables, as in a compose file. */
    private readonly hasVariables: bool,
  ) {}

  /**
   * Visits each element of an array, or each member's value of an object. What a visit allocates is
   * freed behind it unless it gave a reason, so that a list of any length fits into memory.
   */
  each(list: Json, visit: (item: Json, judge: Judge) => void): void {
    for (let item = list.first(); item.exists; item = item.next()) {
      const mark = markHeap();
      const size = this.verdict.size;
      visit(item, this);
      if (this.verdict.size == size) releaseHeap(mark);
    }
  }

  /** An image that is pulled. @param at Where its reference stands. */
  image(text: string, at: Json): void {
    const image = this.imageName(text, at);
    // With a digest, registries and runtimes pay no heed to the tag.
    if (image !== null && image.digest == "") this.mutableImage(text, image, at);
  }

  /** Likewise an image whose tag is not written here; null after saying that it is no reference. */
  imageName(text: string, at: Json): ImageReference | null {
    const image = parseReference(text);
    if (image === null) {
      this.verdict.deny(
        Rule.IMAGE_REFERENCE,
        `image ${quote(text)} is no reference that names a registry; wanted one like ` +
          '"registry.example/team/app:1.2"',
        at,
      );
      return null;
    }
    if (!this.isAllowedRegistry(image.repository)) {
      this.verdict.deny(
        Rule.REGISTRY_ALLOWED,
        `image ${quote(text)} comes from ${quote(image.repository)}, which is not among the ` +
          "allowed registries",
        at,
      );
    }
    return image;
  }

  /** The host's file or folder `path` is put into a container. */
  hostPath(path: string, at: Json): void {
    const clean = cleanPath(path);
    const allowed = this.settings.allowedHostPaths;
    for (let i = 0; i < allowed.length; i++) {
      if (isWithin(clean, allowed[i])) return;
    }
    this.verdict.deny(
      Rule.NO_HOST_PATH,
      `the host's path ${quote(path)} is mounted; wanted a volume, or a path that is allowed`,
      at,
    );
  }

  /** A disk of the host, or what its kernel shows of it as files, is put into a container. */
  hostFileSystem(type: string, at: Json): void {
    this.verdict.deny(
      Rule.NO_HOST_PATH,
      `a file system of the type ${quote(type)} is mounted, which belongs to the host; wanted a ` +
        "plain volume, a share (nfs, cifs) or memory (tmpfs)",
      at,
    );
  }

  /** @param what The setting as its author wrote it, such as `hostNetwork: true`. */
  hostNamespace(what: string, at: Json): void {
    this.verdict.deny(
      Rule.NO_HOST_NAMESPACE,
      `${quote(what)} shares a namespace with the host; wanted one of the container's own`,
      at,
    );
  }

  /** @param what The setting as its author wrote it, such as `privileged: true`. */
  privileged(what: string, at: Json): void {
    this.verdict.deny(
      Rule.NO_PRIVILEGED,
      `${quote(what)} lifts the wall between container and host; wanted it off, and single ` +
        "capabilities where they are needed",
      at,
    );
  }

  /** What decides is not in this document. */
  cannotTell(message: string, at: Json): void {
    this.verdict.deny(Rule.CANNOT_TELL, message, at);
  }

  /** What is wanted from outside this document has to be judged by itself. */
  elsewhere(message: string, at: Json): void {
    this.verdict.warn(Rule.CANNOT_TELL, message, at);
  }

  /** The document is not what it says it is. */
  malformed(message: string, at: Json): void {
    this.verdict.deny(Rule.MALFORMED_WORKLOAD, message, at);
  }

  /** The object `name` of `parent`; missing if it is absent or, after saying so, something else. */
  object(parent: Json, name: string): Json {
    const value = parent.get(name);
    return this.isObject(value, name) && value.isObject ? value : value.nothing();
  }

  /** False, after saying so, where `value` is there and no object; `what` is its name for people. */
  isObject(value: Json, what: string): bool {
    if (value.isAbsent || value.isObject) return true;
    this.malformed(`${quote(what)} is no object`, value);
    return false;
  }

  /** The array `name` of `parent`, likewise. */
  array(parent: Json, name: string): Json {
    const value = parent.get(name);
    if (value.isArray) return value;
    if (!value.isAbsent) this.malformed(`${quote(name)} is no array`, value);
    return value.nothing();
  }

  /** The text `name` of `parent`; empty if it is absent or, after saying so, something else. */
  text(parent: Json, name: string): string {
    return this.textOf(parent.get(name), name);
  }

  /** Likewise the text `value`, which people know as `what`. */
  textOf(value: Json, what: string): string {
    if (value.isAbsent) return "";
    if (!value.isString) this.malformed(`${quote(what)} is no string`, value);
    const text = value.str();
    const known = this.resolve(text, value);
    return known === null ? "" : known;
  }

  /** What `text` stands for; null after saying that it depends on a variable. */
  private resolve(text: string, at: Json): string | null {
    if (!this.hasVariables) return text;
    const known = interpolate(text, this.settings.trustsComposeDefaults);
    if (known === null) {
      this.cannotTell(
        `what ${quote(text)} stands for cannot be seen from here; wanted the value itself`,
        at,
      );
    }
    return known;
  }

  /** The text `name` of `parent`, which must be there; empty after saying what is wrong with it. */
  requiredText(parent: Json, name: string): string {
    const value = parent.get(name);
    if (value.isAbsent || value.str() == "" && value.isString) {
      this.malformed(`${quote(name)} is wanted here, and is not there`, parent);
    }
    return this.textOf(value, name);
  }

  /** The switch `name` of `parent`; off if it is absent or, after saying so, something else. */
  flag(parent: Json, name: string): bool {
    const value = parent.get(name);
    if (value.isAbsent || value.isBool) return value.bool();
    if (this.hasVariables && value.isString) {
      // Compose takes what YAML 1.1 took for a boolean, so that a variable can be one.
      const known = this.resolve(value.str(), value);
      if (known === null) return false;
      const word = lowerCase(known);
      if (word == "true" || word == "yes" || word == "y" || word == "on") return true;
      if (word == "false" || word == "no" || word == "n" || word == "off") return false;
    }
    this.malformed(`${quote(name)} is neither true nor false`, value);
    return false;
  }

  private mutableImage(text: string, image: ImageReference, at: Json): void {
    if (image.tag == "") {
      this.verdict.deny(
        Rule.IMAGE_TAGGED,
        `image ${
          quote(text)
        } has neither tag nor digest, so it is whatever "latest" is that day; ` +
          "wanted a version",
        at,
      );
    } else if (image.tag == "latest") {
      this.verdict.deny(
        Rule.NO_LATEST,
        `image ${quote(text)} is whatever "latest" is that day; wanted a version`,
        at,
      );
    }
    const severity = this.settings.requireDigest;
    if (severity != "") {
      this.verdict.add(
        Rule.DIGEST_PINNED,
        `image ${quote(text)} can change under its tag; wanted it with "@sha256:…" behind it`,
        at,
        severity,
      );
    }
  }

  private isAllowedRegistry(repository: string): bool {
    const allowed = this.settings.allowedRegistries;
    for (let i = 0; i < allowed.length; i++) {
      const entry = allowed[i];
      if (entry == ANY_REGISTRY || repository == entry || repository.startsWith(entry + "/")) {
        return true;
      }
    }
    return false;
  }
}
