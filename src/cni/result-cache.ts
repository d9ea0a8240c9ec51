import * as v from "valibot";
import type { CniResult } from "../contract/cni-result.ts";
import { decodeBase64, encodeBase64 } from "../document/base64.ts";
import { isJsonObject, type JsonObject, JsonObjectSchema, type JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { readDirectory, readFileBounded, removeFile } from "../platform/file-system.ts";
import { checkWritable, writeFileAtomic } from "../platform/output-file.ts";
import { joinPath } from "../platform/path.ts";
import { makePrivateFolder, refuseForeignWriters } from "../platform/private-folder.ts";
import { PluginError } from "../plugin-error.ts";
import type { PluginArg } from "./args.ts";
import { type AttachmentKey, isSameAttachment } from "./attachment.ts";
import { parseCniJson } from "./cni-json.ts";
import { resultAs, resultOf } from "./result.ts";

/** What a runtime remembers of an attachment. */
export interface CachedAttachment extends AttachmentKey {
  /** Path of the network namespace; empty in what older runtimes wrote. */
  readonly netns: string;
  /** The network's configuration at that time, as it was written. */
  readonly config: Uint8Array;
  readonly args: readonly PluginArg[];
  readonly capabilityArgs: JsonObject;
  /** As it was written; absent where no plugin has come to one. */
  readonly result?: JsonValue | undefined;
}

const KIND = "cniCacheV1";

const text = v.optional(v.nullable(v.string()), "");
const EntrySchema = v.object({
  kind: v.literal(KIND),
  containerId: text,
  config: text,
  ifName: text,
  networkName: text,
  netns: text,
  cniArgs: v.optional(v.nullable(v.array(v.tuple([v.string(), v.string()]))), []),
  capabilityArgs: v.optional(v.nullable(JsonObjectSchema), {}),
  result: v.optional(v.nullable(JsonObjectSchema)),
});

const FILE_MODE = 0o600;

/**
 * What a runtime remembers, in the files and the form of libcni: `<folder>/results/<network>-<container
 * ID>-<interface>`. The names are ambiguous, since each part may hold a `-`; what is in a file says whose
 * it is. Links and files beyond `LIMITS.cniCacheBytes` are not read.
 *
 * @see libcni, api.go
 */
export class ResultCache {
  readonly #folder: string;
  readonly #name: string;

  /**
   * @param folder libcni's default is `/var/lib/cni`.
   * @param name One step of a path: the entries' folder within that.
   */
  constructor(folder: string, name: string = "results") {
    this.#folder = folder;
    this.#name = name;
  }

  /**
   * A folder for locks and parts of files, which libcni does not look into. Made where it is not there.
   *
   * @throws {PluginError} `trust.writable`, `output.unwritable`
   */
  workFolder(): Promise<string> {
    return makePrivateFolder(this.#folder, "cofferdam");
  }

  /**
   * Writes an entry, whole or not at all.
   *
   * @throws {PluginError} `output.unwritable`, also where a link stands there; `trust.writable`
   */
  async put(entry: CachedAttachment): Promise<void> {
    await writeFileAtomic(await this.#pathToWrite(entry), encodeEntry(entry), {
      mode: FILE_MODE,
      refuseLinks: true,
      partFolder: await this.workFolder(),
    });
  }

  /**
   * Finds out before long work whether {@link put} could write an entry.
   *
   * @throws {PluginError} As {@link put}.
   */
  async checkPut(key: AttachmentKey): Promise<void> {
    await checkWritable(await this.#pathToWrite(key), { refuseLinks: true });
  }

  async #pathToWrite(key: AttachmentKey): Promise<string> {
    const folder = await makePrivateFolder(this.#folder, this.#name);
    return joinPath(folder, fileName(key));
  }

  /**
   * What stands where this attachment's entry would; `isSameAttachment` tells whether it is its own.
   *
   * @returns undefined where nothing does
   * @throws {PluginError} `cni.cache-malformed` for what is no entry, `input.unreadable`,
   * `input.too-large`, `trust.writable`
   */
  async find(key: AttachmentKey): Promise<CachedAttachment | undefined> {
    const value = await this.#read(fileName(key)).catch(missingIs(undefined));
    if (value === undefined) return undefined;
    // Whoever can write there says what is to be undone.
    await refuseForeignWriters(this.#entries);
    return decodeEntry(value, key);
  }

  /**
   * The attachment's own entry.
   *
   * @throws {PluginError} As {@link find}.
   */
  async get(key: AttachmentKey): Promise<CachedAttachment | undefined> {
    const found = await this.find(key);
    return found !== undefined && isSameAttachment(found, key) ? found : undefined;
  }

  /** Removes what stands where this attachment's file would, if anything does. */
  async remove(key: AttachmentKey): Promise<void> {
    await removeFile(joinPath(this.#entries, fileName(key)));
  }

  /**
   * All entries, or those of one container, in the order of the files' names. What is no entry is left
   * out, and so is what stands under another name than its own.
   *
   * @throws {PluginError} `input.unreadable`, `trust.writable`
   */
  async list(containerId?: string): Promise<CachedAttachment[]> {
    const entries = await readDirectory(this.#entries).catch(missingIs(undefined));
    if (entries === undefined) return [];
    await refuseForeignWriters(this.#entries);
    const found: CachedAttachment[] = [];
    for (const { name } of entries.filter(({ kind }) => kind === "file")) {
      const entry = entryOf(await this.#read(name).catch(() => null));
      if (entry === undefined || fileName(entry) !== name) continue;
      if (containerId === undefined || entry.containerId === containerId) found.push(entry);
    }
    return found;
  }

  get #entries(): string {
    return joinPath(this.#folder, this.#name);
  }

  async #read(name: string): Promise<JsonValue> {
    const path = joinPath(this.#entries, name);
    const bytes = await readFileBounded(path, LIMITS.cniCacheBytes, { refuseLinks: true });
    return parseCniJson(bytes, "cached attachment", (why) => malformed(`${path}: ${why}`));
  }
}

/**
 * An entry's result in a configuration's version.
 *
 * @returns undefined where it has none
 * @throws {PluginError} `cni.result-malformed`, `cni.version-unsupported`
 */
export function cachedResultAs(entry: CachedAttachment, version: string): CniResult | undefined {
  if (entry.result === undefined) return undefined;
  return resultAs(resultOf(entry.result, "", "the cached result"), version);
}

function fileName({ network, containerId, ifname }: AttachmentKey): string {
  return `${network}-${containerId}-${ifname}`;
}

function encodeEntry(entry: CachedAttachment): Uint8Array {
  const { network, containerId, ifname, netns, config, args, capabilityArgs, result } = entry;
  return new TextEncoder().encode(JSON.stringify({
    kind: KIND,
    containerId,
    config: encodeBase64(config),
    ifName: ifname,
    networkName: network,
    ...(netns === "" ? {} : { netns }),
    ...(args.length === 0 ? {} : { cniArgs: args }),
    ...(Object.keys(capabilityArgs).length === 0 ? {} : { capabilityArgs }),
    ...(result === undefined ? {} : { result }),
  }));
}

/** An entry, or a bare result, which the first runtimes wrote; whose that is, its name alone says. */
function decodeEntry(value: JsonValue, key: AttachmentKey): CachedAttachment {
  const entry = entryOf(value);
  if (entry !== undefined) return entry;
  if (!isJsonObject(value) || Object.hasOwn(value, "kind")) {
    throw malformed(`what stands for ${fileName(key)} is neither an attachment nor a result`);
  }
  const { network, containerId, ifname } = key;
  const nothing = { netns: "", config: new Uint8Array(), args: [], capabilityArgs: {} };
  return { network, containerId, ifname, ...nothing, result: value };
}

function entryOf(value: JsonValue): CachedAttachment | undefined {
  const parsed = v.safeParse(EntrySchema, value, { abortEarly: true });
  if (!parsed.success) return undefined;
  const { containerId, ifName, networkName, netns, cniArgs, capabilityArgs, result } =
    parsed.output;
  const config = decodeBase64(parsed.output.config ?? "");
  if (!networkName || !containerId || !ifName || config === undefined) return undefined;
  return {
    ...{ network: networkName, containerId, ifname: ifName, netns: netns ?? "", config },
    ...{ args: cniArgs ?? [], capabilityArgs: capabilityArgs ?? {} },
    ...(result === null || result === undefined ? {} : { result }),
  };
}

function missingIs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof PluginError && error.code === "input.not-found") return value;
    throw error;
  };
}

function malformed(why: string): PluginError {
  return new PluginError("cni.cache-malformed", `Cannot use the cache: ${why}`);
}
