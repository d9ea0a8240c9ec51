import { REQUIRED_ENTRIES } from "../contract/required-entries.ts";
import { isEntryPoint, type WasmImport } from "../wasm/outline.ts";
import type { Bundle } from "./bundle.ts";
import { CAPABILITIES, type CapabilityName, concurrencyOf, type Manifest } from "./manifest.ts";

/** What a file is, for people and programs; nothing was compiled to find out. */
export interface BundleDescription {
  readonly name: string;
  readonly version: string;
  readonly description: string | null;
  /** `sha256:<hex>` */
  readonly digest: string;
  /** Of the packed file, in bytes. */
  readonly size: number;
  readonly implements: Manifest["implements"];
  readonly rules: NonNullable<Manifest["rules"]>;
  readonly capabilities: {
    /** What the manifest asks for. */
    readonly asked: readonly CapabilityName[];
    /** What the module's imports can use. */
    readonly imported: readonly CapabilityName[];
  };
  /** Every function that the module imports, as `module.name`. */
  readonly hostFunctions: readonly string[];
  /** Those of them that link and only say that there is no such thing. */
  readonly refused: readonly string[];
  /** Functions that the module exports. */
  readonly exports: readonly string[];
  readonly limits: NonNullable<Manifest["limits"]>;
  readonly concurrency: "serial" | "parallel";
  /** JSON Schema, or null where the plugin takes no settings. */
  readonly settings: Manifest["settings"] | null;
  /** Where manifest and module do not say the same. */
  readonly mismatches: readonly string[];
}

/** Who answers what a module imports. */
export interface ImportAnswers {
  /** The capability, where its grant is what answers. */
  capabilityOf(item: WasmImport): CapabilityName | undefined;
  /** Whether the sandbox answers by itself. */
  isOffered(item: WasmImport): boolean;
  /** Whether that answer is always a refusal. */
  isRefused(item: WasmImport): boolean;
}

/** Describes an opened bundle. */
export function describeBundle(bundle: Bundle, answers: ImportAnswers): BundleDescription {
  const { manifest, outline } = bundle;
  const used = new Set(outline.imports.map((item) => answers.capabilityOf(item)));
  const imported = CAPABILITIES.filter((name) => used.has(name));
  const unknown = outline.imports.filter((item) =>
    answers.capabilityOf(item) === undefined && !answers.isOffered(item)
  );
  const asked = manifest.capabilities ?? [];
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description ?? null,
    digest: bundle.digest,
    size: bundle.bytes.length,
    implements: manifest.implements,
    rules: manifest.rules ?? [],
    capabilities: { asked, imported },
    hostFunctions: outline.imports.filter((i) => i.kind === "function")
      .map((i) => `${i.module}.${i.name}`),
    refused: outline.imports.filter((i) => answers.isRefused(i)).map((i) =>
      `${i.module}.${i.name}`
    ),
    exports: outline.exports.filter((e) => e.kind === "function").map((e) => e.name),
    limits: manifest.limits ?? {},
    concurrency: concurrencyOf(manifest),
    settings: manifest.settings ?? null,
    mismatches: findMismatches(bundle, asked, imported, unknown),
  };
}

function findMismatches(
  { manifest, outline }: Bundle,
  asked: readonly CapabilityName[],
  imported: readonly CapabilityName[],
  unknown: readonly WasmImport[],
): string[] {
  const entries = new Set(outline.exports.filter(isEntryPoint).map((entry) => entry.name));
  const unused = asked.filter((name) => !imported.includes(name));
  const unasked = imported.filter((name) => !asked.includes(name));
  return [
    ...unused.map((name) => `asks for "${name}" and imports none of its functions`),
    ...unasked.map((name) => `imports functions of "${name}" and does not ask for it`),
    ...unknown.map((i) => `imports ${i.kind} "${i.module}" "${i.name}", which nobody offers`),
    ...manifest.implements.flatMap(({ contract }) =>
      (REQUIRED_ENTRIES[contract] ?? []).filter((name) => !entries.has(name))
        .map((name) => `implements "${contract}" and does not export "${name}" () -> i32`)
    ),
  ];
}
