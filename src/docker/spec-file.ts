import { fields, type Structure } from "../document/recognise/docker-schema.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { pathFrom } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import { readAddress } from "./address.ts";
import { readFirstValue } from "./first-value.ts";
import { shown } from "./status.ts";

/** What a `.json` file says of TLS. */
export interface SpecTls {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Whether the file itself wants the plugin's certificate not to be looked at. */
  readonly skipVerify: boolean;
}

/** What a spec file says. */
export interface PluginSpec {
  readonly address: string;
  /** undefined for a `.spec`, and for a `.json` that says nothing of it. */
  readonly tls?: SpecTls | undefined;
}

/** What is read of a spec file, in bytes; one holds an address and three paths. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a `.spec`: one address, and white space around it.
 *
 * @throws {PluginError} `docker.spec-invalid`, `input.*`
 * @see moby, pkg/plugins/discovery.go: readPluginInfo
 */
export async function readSpec(path: string): Promise<PluginSpec> {
  const bytes = await read(path);
  const address = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
    .replace(WHITE_SPACE_AROUND, "");
  if (readAddress(address) === undefined) {
    const there = JSON.stringify(address.slice(0, 100));
    throw invalid(path, `wanted an address as "unix:///run/a.sock", not ${there}`);
  }
  return { address };
}

/** As Go sees it: U+0085 is white space there and none in JavaScript; the byte-order mark is the reverse. */
const WHITE_SPACE_AROUND = /^(?:(?!\uFEFF)\s|\u0085)+|(?:(?!\uFEFF)\s|\u0085)+$/g;

const JSON_SHAPE: Structure = {
  fields: {
    ...fields("Addr").fields,
    TLSConfig: fields("CAFile CertFile KeyFile InsecureSkipVerify"),
  },
};

/**
 * Reads a `.json`: `{"Addr": "https://host:port", "TLSConfig": {"CAFile", "CertFile", "KeyFile",
 * "InsecureSkipVerify"}}`. The name in it does not count. A path that is not absolute is one from the
 * file's own folder; Docker reads it from the daemon's current one.
 *
 * @throws {PluginError} `docker.spec-invalid`, `input.*`
 * @see moby, pkg/plugins/discovery.go: readPluginJSONInfo
 */
export async function readJsonSpec(path: string): Promise<PluginSpec> {
  const fail = (why: string) => invalid(path, why);
  const value = objectOf(readFirstValue(await read(path), path, JSON_SHAPE, fail), "it", fail);
  const address = textOf(value, "Addr", fail);
  if (value["TLSConfig"] === undefined || value["TLSConfig"] === null) return { address };
  const tls = objectOf(value["TLSConfig"], '"TLSConfig"', fail);
  const file = (name: string) => {
    const named = textOf(tls, name, fail);
    return named === "" ? undefined : pathFrom(path, named);
  };
  const skipVerify = tls["InsecureSkipVerify"] ?? false;
  if (typeof skipVerify !== "boolean") throw fail('"InsecureSkipVerify" has to be true or false');
  return {
    address,
    tls: {
      caFile: file("CAFile"),
      certFile: file("CertFile"),
      keyFile: file("KeyFile"),
      skipVerify,
    },
  };
}

/** As Go reads it: `null` is an object without fields. */
function objectOf(value: JsonValue, what: string, fail: (why: string) => Error): JsonObject {
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  throw fail(`${what} has to be an object`);
}

function textOf(value: JsonObject, name: string, fail: (why: string) => Error): string {
  const text = value[name] ?? "";
  if (typeof text === "string") return text;
  throw fail(`"${name}" has to be a text`);
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFileBounded(path, MAX_BYTES);
  } catch (error) {
    const { message } = PluginError.from(error);
    throw new PluginError("docker.spec-invalid", message, { cause: error });
  }
}

function invalid(path: string, why: string): PluginError {
  return new PluginError("docker.spec-invalid", `Cannot read "${path}": ${shown(why)}`);
}
