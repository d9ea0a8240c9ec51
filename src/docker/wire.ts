import { parseGuestJson } from "../contract/guest-json.ts";
import type { Shape } from "../document/recognise/docker-schema.ts";
import { foldBody } from "../document/recognise/go-fold.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * A request's body, in bytes. The largest that Docker sends is an authorization request: 4 MiB of the
 * client's body and as much of a response, both in base64.
 */
export const MAX_BODY_BYTES: number = 16 * 1024 * 1024;

/** The media type of Docker's requests and of what answers them. */
export const MEDIA_TYPE = "application/vnd.docker.plugins.v1.2+json";

/** An answer in Docker's terms, without the socket it goes through. */
export interface DockerReply {
  /** 200, or what went wrong; Docker takes nothing else for an answer. */
  readonly status: number;
  /** JSON. */
  readonly body: Uint8Array;
}

/** What Docker sends with one method. */
export interface BodyForm {
  /** `VolumeDriver.Create`, for messages. */
  readonly method: string;
  readonly shape: Shape;
  /** Whether Docker sends the method without a body; to any other such a body means a broken client. */
  readonly mayBeEmpty: boolean;
}

/**
 * Reads what Docker sent, as its own plugins read it: keys in any case, `null` for nothing, unknown
 * fields left alone. What two readers could take for different things is refused: one field in two
 * spellings, a key twice, a number that would be rounded, anything behind the value.
 *
 * @throws {PluginError} `docker.request-invalid`, `docker.request-too-large`
 */
export function readBody(body: Uint8Array, { method, shape, mayBeEmpty }: BodyForm): JsonObject {
  const fail = (why: string) => invalid(method, why);
  if (body.length > MAX_BODY_BYTES) {
    throw tooLarge(method);
  }
  if (body.length === 0) {
    if (mayBeEmpty) return {};
    // What Docker's own client sends when it tries again after a connection broke.
    throw fail("it is empty");
  }
  const value = foldBody(parseGuestJson(body, method, fail), shape, (steps, field) => {
    throw fail(`"${steps.join(".")}" stands for "${field}", which stands there already`);
  });
  if (value === null) return {};
  if (!isJsonObject(value)) throw fail("it is no object");
  return value;
}

/** Reads the fields of one request; what is missing or `null` is what Go has for nothing. */
export class Fields {
  readonly #object: JsonObject;
  readonly #method: string;
  readonly #path: string;

  constructor(method: string, object: JsonObject, path = "") {
    this.#object = object;
    this.#method = method;
    this.#path = path;
  }

  /** @throws {PluginError} `docker.request-invalid`, as all of them */
  text(name: string): string {
    const value = this.#get(name) ?? "";
    if (typeof value === "string") return value;
    throw this.unlike(name, "a text");
  }

  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value === "boolean") return value;
    throw this.unlike(name, "true or false");
  }

  /** A whole number; 0 where there is none. */
  count(name: string): number {
    const value = this.#get(name) ?? 0;
    if (typeof value === "number" && Number.isSafeInteger(value)) return value;
    throw this.unlike(name, "a whole number");
  }

  /** Texts by the sender's own names. */
  texts(name: string): Record<string, string> {
    const value = this.object(name);
    if (Object.values(value).every((item) => typeof item === "string")) {
      return value as Record<string, string>;
    }
    throw this.unlike(name, "an object of texts");
  }

  /** Values of any form by the sender's own names. */
  object(name: string): JsonObject {
    const value = this.#get(name) ?? {};
    if (isJsonObject(value)) return value;
    throw this.unlike(name, "an object");
  }

  /** The fields of a structure; undefined where it is missing. */
  fields(name: string): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined || value === null) return undefined;
    return new Fields(this.#method, this.object(name), `${this.#path}${name}.`);
  }

  /** A list of structures. */
  list(name: string): Fields[] {
    const value = this.#get(name) ?? [];
    if (!Array.isArray(value)) throw this.unlike(name, "a list");
    return value.map((item, index) => {
      const path = `${this.#path}${name}.${index}`;
      if (isJsonObject(item)) return new Fields(this.#method, item, `${path}.`);
      throw invalid(this.#method, `"${path}" has to be an object`);
    });
  }

  #get(name: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  /** The error of a field that is not what it has to be. */
  unlike(name: string, wanted: string): PluginError {
    return invalid(this.#method, `"${this.#path}${name}" has to be ${wanted}`);
  }
}

/** The members that are not empty: Go writes an empty text where there is nothing. */
export function given<Name extends string>(
  texts: Readonly<Record<Name, string>>,
): { [Key in Name]?: string } {
  const entries = Object.entries<string>(texts).filter(([, text]) => text !== "");
  return Object.fromEntries(entries) as { [Key in Name]?: string };
}

/** A request whose body has more than {@link MAX_BODY_BYTES}. */
export function tooLarge(method: string): PluginError {
  return new PluginError(
    "docker.request-too-large",
    `Cannot read the body of ${method}: it has more than ${MAX_BODY_BYTES} bytes`,
  );
}

/** JSON as it crosses the wire. */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

function invalid(method: string, why: string): PluginError {
  return new PluginError("docker.request-invalid", `Cannot read the body of ${method}: ${why}`);
}
