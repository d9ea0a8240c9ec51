import canonicalize from "canonicalize";
import { concatBytes } from "../concat-bytes.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { readSections } from "../wasm/section.ts";
import { encodeCustomSection } from "../wasm/writer.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** The custom section that makes a module a bundle. */
export const MANIFEST_SECTION = "cofferdam.manifest";

/** All custom sections with this prefix are ours; one that we do not know is refused. */
export const SECTION_PREFIX = "cofferdam.";

/**
 * Writes `manifest` into `wasm` as its last section. A manifest that is already there is replaced;
 * everything else stays byte for byte. The manifest is stored as canonical JSON (RFC 8785), so the
 * same inputs give the same bytes and no two readers can see two manifests.
 *
 * @throws {PluginError} `bundle.malformed`, `bundle.manifest-invalid`, `bundle.too-large`
 */
export function packBundle(wasm: Uint8Array, manifest: unknown): Uint8Array {
  const json = new TextEncoder().encode(encodeManifest(parseManifest(manifest)));
  if (json.length > LIMITS.manifestBytes) {
    throw new PluginError(
      "bundle.too-large",
      `Cannot pack the bundle: its manifest has ${json.length} bytes, at most ${LIMITS.manifestBytes} are allowed`,
    );
  }
  const kept: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of readSections(wasm)) {
    if (section.name === MANIFEST_SECTION) continue;
    kept.push(wasm.subarray(section.start, section.end));
  }
  return concatBytes([...kept, encodeCustomSection(MANIFEST_SECTION, json)]);
}

/**
 * The one text that stands for a manifest.
 *
 * @throws {PluginError} `bundle.manifest-invalid` where a value in it is no JSON
 */
export function encodeManifest(manifest: Manifest): string {
  try {
    return canonicalize(manifest)!;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError("bundle.manifest-invalid", `Cannot write the manifest: ${why}`, {
      cause,
    });
  }
}
