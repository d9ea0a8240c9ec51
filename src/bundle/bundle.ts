import { isDigest, sha256Digest } from "../digest.ts";
import { SourceText } from "../document/source-text.ts";
import { parseJson } from "../document/syntax/json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { type ModuleOutline, readOutline } from "../wasm/outline.ts";
import { readSections } from "../wasm/section.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { encodeManifest, MANIFEST_SECTION, packBundle, SECTION_PREFIX } from "./pack.ts";
import { LICENSES_SECTION, SOURCE_MAP_SECTION } from "./source-map.ts";

/** A plugin's file, read and checked, not compiled. */
export interface Bundle {
  /** The packed form: the module with its manifest as last section. */
  readonly bytes: Uint8Array;
  /** `sha256:<hex>` of `bytes`. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly outline: ModuleOutline;
}

/** What {@link openBundle} may be told besides the bytes. */
export interface OpenBundleOptions {
  /** The content of a `plugin.json` beside a plain module, parsed. */
  readonly plainManifest?: unknown;
  /** `sha256:<hex>` that the file must have. */
  readonly digest?: string | undefined;
  /** At most this many bytes; the default is `LIMITS.bundleBytes`. */
  readonly maxBytes?: number;
  /** Names the file in messages about its digest. */
  readonly name?: string | undefined;
}

/**
 * Opens a bundle, or a plain module with its manifest beside it. The plain pair is packed in memory
 * first, so its digest is the one that `cofferdam pack` would give and covers both files.
 *
 * @throws {PluginError} `bundle.too-large`, `bundle.malformed`, `bundle.manifest-missing`,
 * `bundle.manifest-doubled`, `bundle.manifest-invalid`, `bundle.digest-mismatch`
 */
export async function openBundle(
  file: Uint8Array,
  options: OpenBundleOptions = {},
): Promise<Bundle> {
  const maxBytes = options.maxBytes ?? LIMITS.bundleBytes;
  if (file.length > maxBytes) {
    throw new PluginError(
      "bundle.too-large",
      `Cannot open the bundle: it has ${file.length} bytes, at most ${maxBytes} are allowed`,
    );
  }
  const bytes = options.plainManifest === undefined
    ? file
    : packBundle(refuseManifest(file), options.plainManifest);
  const digest = await sha256Digest(bytes);
  if (options.digest !== undefined) compareDigest(digest, options.digest, options.name);
  const outline = readOutline(bytes);
  return { bytes, digest, outline, manifest: readManifest(bytes, outline) };
}

/** True when a file carries a manifest of its own. Malformed files are told apart by {@link openBundle}. */
export function hasManifest(file: Uint8Array): boolean {
  return readSections(file).some((section) => section.name === MANIFEST_SECTION);
}

function refuseManifest(file: Uint8Array): Uint8Array {
  if (!hasManifest(file)) return file;
  throw new PluginError(
    "bundle.manifest-doubled",
    'Cannot open the bundle: it carries a manifest and has a "plugin.json" beside it; keep one',
  );
}

function compareDigest(actual: string, wanted: string, name: string | undefined): void {
  if (!isDigest(wanted)) {
    throw new PluginError(
      "usage.invalid",
      `Cannot check the digest "${wanted}": wanted "sha256:" and 64 lower-case hexadecimal digits`,
    );
  }
  if (actual === wanted) return;
  throw new PluginError(
    "bundle.digest-mismatch",
    `Cannot open ${
      name === undefined ? "the bundle" : `"${name}"`
    }: its digest is ${actual}, wanted ${wanted}`,
    { details: { actual, wanted } },
  );
}

function readManifest(bytes: Uint8Array, outline: ModuleOutline): Manifest {
  const ours = outline.sections.filter((section) => section.name?.startsWith(SECTION_PREFIX));
  const foreign = ours.find((section) => !KNOWN_SECTIONS.includes(section.name!));
  if (foreign !== undefined) {
    throw new PluginError(
      "bundle.malformed",
      `Cannot open the bundle: section "${foreign.name}" is not known; a newer Cofferdam may have written it`,
    );
  }
  const [section, second] = ours.filter(({ name }) => name === MANIFEST_SECTION);
  if (section === undefined) {
    throw new PluginError(
      "bundle.manifest-missing",
      'Cannot open the bundle: it has no manifest; run "cofferdam pack", or put a "plugin.json" beside it',
    );
  }
  if (second !== undefined) {
    throw new PluginError(
      "bundle.manifest-doubled",
      "Cannot open the bundle: it has two manifests",
    );
  }
  const length = section.end - section.contentStart;
  if (length > LIMITS.manifestBytes) {
    throw new PluginError(
      "bundle.too-large",
      `Cannot open the bundle: its manifest has ${length} bytes, at most ${LIMITS.manifestBytes} are allowed`,
    );
  }
  return decodeManifest(bytes.subarray(section.contentStart, section.end));
}

/** What a builder of ours writes into a module. */
const KNOWN_SECTIONS: readonly string[] = [MANIFEST_SECTION, SOURCE_MAP_SECTION, LICENSES_SECTION];

/** A settings schema is what nests deepest in a manifest. */
const MANIFEST_LIMITS = { depth: 100, aliasedNodes: 0 };

function decodeManifest(content: Uint8Array): Manifest {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    value = parseJson(new SourceText("manifest", text), MANIFEST_LIMITS).value;
  } catch (cause) {
    const { message } = PluginError.from(cause);
    throw new PluginError("bundle.manifest-invalid", `Cannot read the manifest: ${message}`, {
      cause,
    });
  }
  const manifest = parseManifest(value);
  // Only the canonical form is taken: no duplicate keys, no second spelling of the same manifest.
  if (encodeManifest(manifest) !== text) {
    throw new PluginError(
      "bundle.manifest-invalid",
      'Cannot read the manifest: it is not canonical JSON (RFC 8785); write it with "cofferdam pack"',
    );
  }
  return manifest;
}
