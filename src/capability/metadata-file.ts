import * as v from "valibot";
import { parseValue } from "../document/parse-value.ts";
import { isCipdPackage, readCipdInstanceId } from "../document/cipd-instance.ts";
import { decodeBase64 } from "../document/base64.ts";
import { DateOrTimeSchema } from "../date.ts";
import { isJsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import type { MetadataEntry, MetadataPage, MetadataProvider } from "./metadata-provider.ts";

/** Metadata by service, package and instance, as its file says it. */
type MetadataTree = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, MetadataEntry[]>>>;

const text = v.pipe(v.string(), v.maxLength(4_096));

const EntrySchema = v.pipe(
  v.strictObject({
    key: v.pipe(text, v.nonEmpty()),
    value: v.exactOptional(v.string()),
    base64: v.exactOptional(v.string()),
    contentType: v.exactOptional(text),
    fingerprint: v.exactOptional(text),
    attachedBy: v.exactOptional(text),
    attachedAt: v.exactOptional(DateOrTimeSchema),
  }),
  v.check(
    ({ value, base64 }) => (value === undefined) !== (base64 === undefined),
    'Invalid entry: wanted one of "value" and "base64"',
  ),
  v.check(
    ({ base64 }) => base64 === undefined || decodeBase64(base64) !== undefined,
    'Invalid entry: "base64" is no base64',
  ),
);

/**
 * A provider that reads a file once, now: YAML, JSON or TOML.
 *
 * ```yaml
 * https://chrome-infra-packages.appspot.com: # service
 *   infra/tools/x: # package
 *     qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC: # instance ID
 *       - key: build-log
 *         value: some text # or base64: …
 *         contentType: text/plain # and fingerprint, attachedBy, attachedAt, where known
 * ```
 *
 * Without a service, the file must name only one; without an instance, all of the package are listed.
 *
 * @throws {PluginError} `config.invalid`; `input.not-found`, `.unreadable`, `.too-large`
 */
export async function metadataFromFile(path: string): Promise<MetadataProvider> {
  const bytes = await readFileBounded(path, LIMITS.inputBytes);
  let value: unknown;
  try {
    value = await parseValue(bytes, path);
  } catch (cause) {
    throw invalid(path, (cause as Error).message, cause);
  }
  const tree = readTree(path, value);
  return { list: (request) => Promise.resolve().then(() => listEntries(tree, request)) };
}

function readTree(path: string, value: unknown): MetadataTree {
  const services = new Map<string, Map<string, Map<string, MetadataEntry[]>>>();
  for (const [service, packages] of members(path, value ?? {}, "the file")) {
    const byPackage = new Map<string, Map<string, MetadataEntry[]>>();
    services.set(service, byPackage);
    for (const [name, instances] of members(path, packages, `"${service}"`)) {
      if (!isCipdPackage(name)) throw invalid(path, `"${name}" is no package's name`);
      const byInstance = new Map<string, MetadataEntry[]>();
      byPackage.set(name, byInstance);
      for (const [id, entries] of members(path, instances, `"${name}"`)) {
        if (readCipdInstanceId(id) === undefined) throw invalid(path, `"${id}" is no instance ID`);
        byInstance.set(id, readEntries(path, entries, `"${id}"`));
      }
    }
  }
  return services;
}

function members(path: string, node: unknown, where: string): [string, unknown][] {
  if (isJsonObject(node)) return Object.entries(node);
  throw invalid(path, `${where} holds no object`);
}

function readEntries(path: string, entries: unknown, where: string): MetadataEntry[] {
  const result = v.safeParse(v.array(EntrySchema), entries, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    throw invalid(path, `${where}, entry ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
  }
  return result.output.map(({ value, base64, ...rest }) => {
    const bytes = base64 === undefined ? new TextEncoder().encode(value) : decodeBase64(base64)!;
    if (bytes.length <= LIMITS.metadataValueBytes) return { ...rest, value: bytes };
    throw invalid(path, `${where}: a value has more than ${LIMITS.metadataValueBytes} bytes`);
  });
}

function listEntries(
  tree: MetadataTree,
  { service, package: name, instanceId, keys, pageSize, pageToken }: Parameters<
    MetadataProvider["list"]
  >[0],
): MetadataPage {
  const packages = service !== undefined
    ? tree.get(service)
    : tree.size === 1
    ? [...tree.values()][0]
    : undefined;
  const instances = packages?.get(name);
  const all = instanceId === undefined
    ? [...instances?.values() ?? []].flat()
    : instances?.get(instanceId) ?? [];
  const wanted = keys === undefined ? all : all.filter(({ key }) => keys.includes(key));
  const start = pageToken === undefined ? 0 : Number(/^[1-9]\d{0,8}$/.exec(pageToken)?.[0] ?? NaN);
  if (Number.isNaN(start)) throw new RangeError("this page token was never given");
  // Whole pages of large values would not pass; an entry never has to be left out.
  let end = start;
  for (let bytes = 0; end < wanted.length && end - start < pageSize; end++) {
    bytes += wanted[end]!.value.length + 64 * 1024;
    if (bytes > LIMITS.metadataPageBytes && end > start) break;
  }
  const entries = wanted.slice(start, end);
  return end < wanted.length ? { entries, nextPageToken: String(end) } : { entries };
}

function invalid(path: string, why: string, cause?: unknown): PluginError {
  const message = `Cannot use the metadata in "${path}": ${why}`;
  return new PluginError("config.invalid", message, cause === undefined ? {} : { cause });
}
