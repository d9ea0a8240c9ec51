import { type Bundle, hasManifest, openBundle } from "../bundle/bundle.ts";
import { type Manifest, parseManifest } from "../bundle/manifest.ts";
import { LIMITS } from "../limits.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Opens a plugin's file without compiling it: a bundle, or a plain Extism module with `plugin.json`
 * in the same folder.
 *
 * @param source A path, or a bundle's bytes.
 * @param digest `sha256:<hex>` that it must have.
 * @param name For messages about its digest; the default is the path.
 * @throws {PluginError} `bundle.*`; `input.not-found`, `input.unreadable`
 */
export async function openPluginFile(
  source: string | Uint8Array,
  digest?: string,
  name: string | undefined = typeof source === "string" ? source : undefined,
): Promise<Bundle> {
  if (typeof source !== "string") return await openBundle(source, { digest, name });
  const file = await readPluginFile(source, LIMITS.bundleBytes);
  try {
    if (hasManifest(file)) return await openBundle(file, { digest, name });
    const plainManifest = await readPlainManifest(source.replace(/[^/\\]*$/, "plugin.json"));
    return await openBundle(
      file,
      plainManifest === undefined ? { digest, name } : { digest, name, plainManifest },
    );
  } catch (error) {
    throw named(source, error);
  }
}

/** Says which file it is that something is wrong with: often there are several. */
function named(path: string, thrown: unknown): PluginError {
  const error = PluginError.from(thrown);
  if (error.message.includes(path) || !error.code.startsWith("bundle.")) return error;
  const { code, message, details, cause } = error;
  return new PluginError(code, `Cannot open "${path}": ${message}`, { details, cause });
}

/** Reads a file that the operator named, at most `maxBytes` of it. */
export async function readPluginFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readFileBounded(path, maxBytes);
  } catch (error) {
    if (!(error instanceof PluginError && error.code === "input.too-large")) throw error;
    throw new PluginError("bundle.too-large", error.message, { cause: error });
  }
}

/**
 * The `plugin.json` at `path` as a value; undefined where there is none. Read by the reader for
 * judged documents, which takes no key twice.
 */
async function readPlainManifest(path: string): Promise<unknown> {
  try {
    return await readManifestFile(path);
  } catch (error) {
    if (error instanceof PluginError && error.code === "input.not-found") return undefined;
    throw error;
  }
}

/**
 * A manifest file as an author wrote it.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`, `bundle.too-large`,
 * `bundle.manifest-invalid`
 */
export async function readManifest(path: string): Promise<Manifest> {
  try {
    return parseManifest(await readManifestFile(path));
  } catch (error) {
    throw named(path, error);
  }
}

/** The same as a value, whatever it is. */
async function readManifestFile(path: string): Promise<unknown> {
  const bytes = await readPluginFile(path, LIMITS.manifestBytes);
  const { parseDocuments } = await import("../document/parse.ts");
  try {
    const [document] = await parseDocuments(bytes, { name: path, kind: "json" });
    return document?.object ?? null;
  } catch (error) {
    const { message, details } = PluginError.from(error);
    throw new PluginError("bundle.manifest-invalid", message, { details, cause: error });
  }
}
