import * as v from "valibot";
import { isUsable, PLUGIN_NAME } from "../by-name.ts";
import { DateOrTimeSchema } from "../date.ts";
import { DOCUMENT_KINDS, type DocumentKind } from "../document/kind.ts";
import { type JsonObject, JsonObjectSchema } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { strictObject } from "../strict-object.ts";

/** Contracts that a plugin can implement. */
export const CONTRACTS = [
  "admission",
  "volume",
  "network",
  "netdriver",
  "ipam",
  "hooks",
  "ocm",
] as const;

/** One of {@link CONTRACTS}. */
export type ContractName = (typeof CONTRACTS)[number];

/** Capabilities that a plugin can ask for; asking grants nothing. */
export const CAPABILITIES = [
  "log",
  "metadata",
  "state",
  "directory",
  "blob",
  "delegate",
  "exec",
] as const;

/** One of {@link CAPABILITIES}. */
export type CapabilityName = (typeof CAPABILITIES)[number];

/** One contract that a plugin implements. */
export interface Implementation {
  readonly contract: ContractName;
  /** The contract's version; 1 is the only one so far. */
  readonly version: number;
  /** Admission only: which kinds of document it judges. */
  readonly kinds?: readonly DocumentKind[] | undefined;
}

/** One rule that a plugin can name as a reason. */
export interface Rule {
  /** What a reason's `rule` says: `registry-allowed`. */
  readonly id: string;
  /** One line. */
  readonly title: string;
  /** How to satisfy the rule, for people. */
  readonly help?: string | undefined;
  /** RFC 3339 date or time; before it, the rule's errors count as warnings. */
  readonly effectiveOn?: string | undefined;
}

/** Bounds that a plugin sets itself; the operator's count where they are smaller. */
export interface ManifestLimits {
  /** What one call may execute, in units of the fuel schedule: about one for each instruction. */
  readonly fuel?: number | undefined;
  /** One call, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Linear memory, in pages of 64 KiB. */
  readonly memoryPages?: number | undefined;
}

/** What a plugin says of itself: the content of the `cofferdam.manifest` section, as JSON. */
export interface Manifest {
  readonly manifestVersion: 1;
  /** Lower-case letters, digits and inner hyphens, at most 64; not "constructor" or "prototype". */
  readonly name: string;
  /** Semantic version. */
  readonly version: string;
  readonly description?: string | undefined;
  readonly implements: readonly Implementation[];
  readonly capabilities?: readonly CapabilityName[] | undefined;
  /** JSON Schema (2020-12) of the settings; without one the plugin takes none. */
  readonly settings?: JsonObject | undefined;
  readonly rules?: readonly Rule[] | undefined;
  readonly limits?: ManifestLimits | undefined;
  /** `parallel` allows several calls at once; the default is `serial`, except for admission alone. */
  readonly concurrency?: "serial" | "parallel" | undefined;
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31 - 1));
const line = v.pipe(v.string(), v.nonEmpty(), v.maxLength(200), v.regex(/^[^\p{Cc}]*$/u));
const text = v.pipe(v.string(), v.maxLength(10_000));
/** @see https://semver.org, the suggested expression without its captures */
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** Schema of {@link Manifest}. */
export const ManifestSchema: v.GenericSchema<unknown, Manifest> = v.strictObject({
  manifestVersion: v.literal(1),
  name: v.pipe(
    v.string(),
    v.regex(PLUGIN_NAME.pattern),
    v.check(isUsable, "Invalid name: no configuration and no lock could name it"),
  ),
  version: v.pipe(v.string(), v.maxLength(64), v.regex(SEMVER)),
  description: v.optional(text),
  implements: v.pipe(
    v.array(
      v.pipe(
        v.strictObject({
          contract: v.picklist(CONTRACTS),
          version: positive,
          kinds: v.optional(v.pipe(v.array(v.picklist(DOCUMENT_KINDS)), v.nonEmpty())),
        }),
        v.check(
          (item) => (item.contract === "admission") === (item.kinds !== undefined),
          'Invalid kinds: "admission" names the kinds it judges, no other contract does',
        ),
      ),
    ),
    v.nonEmpty(),
    v.check(
      (items) => new Set(items.map((i) => i.contract)).size === items.length,
      "Invalid implements: a contract stands in it twice",
    ),
  ),
  capabilities: v.optional(v.array(v.picklist(CAPABILITIES))),
  settings: v.optional(JsonObjectSchema),
  rules: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          id: line,
          title: line,
          help: v.optional(text),
          effectiveOn: v.optional(DateOrTimeSchema),
        }),
      ),
      v.check(
        (rules) => new Set(rules.map((r) => r.id)).size === rules.length,
        "Invalid rules: an id stands in them twice",
      ),
    ),
  ),
  limits: v.optional(
    strictObject({
      timeoutMs: v.optional(positive),
      memoryPages: v.optional(positive),
      fuel: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    }),
  ),
  concurrency: v.optional(v.picklist(["serial", "parallel"])),
});

/** Whether several calls of a plugin may run at once. */
export function concurrencyOf(manifest: Manifest): "serial" | "parallel" {
  const judgesOnly = manifest.implements.every((one) => one.contract === "admission");
  return manifest.concurrency ?? (judgesOnly ? "parallel" : "serial");
}

/**
 * Checks a manifest's form.
 *
 * @throws {PluginError} `bundle.manifest-invalid`, with the path of the first field that is wrong.
 */
export function parseManifest(value: unknown): Manifest {
  const result = v.safeParse(ManifestSchema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  throw new PluginError(
    "bundle.manifest-invalid",
    `Cannot read the manifest: ${path ? `"${path}": ` : ""}${issue.message}`,
    { details: path === null ? {} : { path: `/${path.replaceAll(".", "/")}` } },
  );
}
