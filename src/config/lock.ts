import canonicalize from "canonicalize";
import * as v from "valibot";
import type { Bundle } from "../bundle/bundle.ts";
import { byName, PLUGIN_NAME } from "../by-name.ts";
import { CAPABILITY_MODULE } from "../capability-module.ts";
import { DigestSchema } from "../digest.ts";
import { SourceText } from "../document/source-text.ts";
import { parseJson } from "../document/syntax/json.ts";
import { PluginError } from "../plugin-error.ts";

/** The lock's name; it lies beside the configuration. */
export const LOCK_NAME = "cofferdam.lock";

/** What one plugin was when its operator accepted it. */
export interface LockedPlugin {
  /** The file, from the lock's folder. */
  readonly path: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  readonly version: string;
  readonly contracts: readonly string[];
  /** Kinds of document that it judges. */
  readonly kinds: readonly string[];
  /** Capabilities that its manifest asks for. */
  readonly capabilities: readonly string[];
  /** Functions of capabilities that its module imports. */
  readonly functions: readonly string[];
  /** Bounds that its manifest sets. */
  readonly limits: Readonly<Record<string, number>>;
}

/** The content of a lock: plugins by the names that their manifests say. */
export interface Lock {
  readonly lockVersion: 1;
  readonly plugins: Readonly<Record<string, LockedPlugin>>;
}

const texts = v.array(v.string());

const LockSchema: v.GenericSchema<unknown, Lock> = v.strictObject({
  lockVersion: v.literal(1),
  plugins: byName(
    PLUGIN_NAME,
    v.strictObject({
      path: v.string(),
      digest: DigestSchema,
      version: v.string(),
      contracts: texts,
      kinds: texts,
      capabilities: texts,
      functions: texts,
      limits: v.record(v.string(), v.number()),
    }),
  ),
});

/**
 * Reads a lock.
 *
 * @param source Names the file in messages.
 * @throws {PluginError} `config.invalid`: a lock that cannot be read locks everything out
 */
export function parseLock(bytes: Uint8Array, source: string): Lock {
  const fail = (why: string, cause?: unknown) =>
    new PluginError(
      "config.invalid",
      `Cannot use the lock "${source}": ${why}; where nobody can mend it, delete it and write it anew ` +
        'with "cofferdam lock"',
      { cause },
    );
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = parseJson(new SourceText(source, text), { depth: 10, aliasedNodes: 0 }).value;
  } catch (cause) {
    throw fail(PluginError.from(cause).message, cause);
  }
  const result = v.safeParse(LockSchema, value);
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]);
  throw fail(`${path ? `"${path}": ` : ""}${result.issues[0].message}`);
}

/** The one text that stands for a lock: sorted, so that a review shows what changed and nothing else. */
export function encodeLock(lock: Lock): string {
  return `${JSON.stringify(JSON.parse(canonicalize(lock)!), null, 2)}\n`;
}

/**
 * What is written down of an opened plugin.
 *
 * @param path From the lock's folder, in one spelling.
 */
export function lockPlugin({ manifest, outline, digest }: Bundle, path: string): LockedPlugin {
  const sorted = (items: readonly string[]) => [...new Set(items)].sort();
  const { limits = {} } = manifest;
  return {
    path,
    digest,
    version: manifest.version,
    contracts: sorted(manifest.implements.map((i) => `${i.contract} ${i.version}`)),
    kinds: sorted(manifest.implements.flatMap((i) => i.kinds ?? [])),
    capabilities: sorted(manifest.capabilities ?? []),
    functions: sorted(
      outline.imports.filter((i) => i.module === CAPABILITY_MODULE).map((i) => i.name),
    ),
    limits: Object.fromEntries(
      Object.entries(limits).filter((limit): limit is [string, number] => limit[1] !== undefined),
    ),
  };
}

/** What differs between two states of one plugin, a line each: `capabilities: + exec`. */
function pluginChanges(before: LockedPlugin, after: LockedPlugin): string[] {
  const single = (["digest", "version", "path"] as const)
    .filter((field) => before[field] !== after[field])
    .map((field) => `${field}: ${before[field]} -> ${after[field]}`);
  const listed = (["contracts", "kinds", "capabilities", "functions"] as const)
    .flatMap((field) => listChanges(field, before[field], after[field]));
  const asText = (limits: LockedPlugin["limits"]) =>
    Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  return [
    ...single,
    ...listed,
    ...listChanges("limits", asText(before.limits), asText(after.limits)),
  ];
}

function listChanges(
  field: string,
  before: readonly string[],
  after: readonly string[],
): string[] {
  const gone = before.filter((item) => !after.includes(item)).map((item) => `- ${item}`);
  const come = after.filter((item) => !before.includes(item)).map((item) => `+ ${item}`);
  const changes = [...gone, ...come];
  return changes.length === 0 ? [] : [`${field}: ${changes.join(", ")}`];
}

/** What differs between two locks, plugin by plugin. */
export interface LockDifference {
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  /** A line each. */
  readonly changes: readonly string[];
}

/** Compares two locks. Empty where they say the same. */
export function compareLocks(before: Lock, after: Lock): LockDifference[] {
  const names = [...new Set([...Object.keys(before.plugins), ...Object.keys(after.plugins)])]
    .sort();
  return names.flatMap((name): LockDifference[] => {
    const old = own(before, name);
    const now = own(after, name);
    if (old === undefined) return [{ name, kind: "added", changes: facts(now!) }];
    if (now === undefined) return [{ name, kind: "removed", changes: [] }];
    const changes = pluginChanges(old, now);
    return changes.length === 0 ? [] : [{ name, kind: "changed", changes }];
  });
}

function facts(plugin: LockedPlugin): string[] {
  const nothing = { contracts: [], kinds: [], capabilities: [], functions: [], limits: {} };
  return [
    `digest: ${plugin.digest}`,
    `version: ${plugin.version}`,
    `path: ${plugin.path}`,
    ...pluginChanges({ ...plugin, ...nothing }, plugin),
  ];
}

function own({ plugins }: Lock, name: string): LockedPlugin | undefined {
  return Object.hasOwn(plugins, name) ? plugins[name] : undefined;
}

/**
 * Compares an opened plugin with what was accepted. Where its file lies does not count.
 *
 * @throws {PluginError} `trust.unlocked` for one that the lock does not name, `trust.changed` for one that
 * is not what it says
 */
export function checkLocked(lock: Lock, bundle: Bundle): void {
  const { name } = bundle.manifest;
  const locked = own(lock, name);
  if (locked === undefined) {
    throw new PluginError(
      "trust.unlocked",
      `Cannot load ${name}: "${LOCK_NAME}" does not name it; look at it with "cofferdam inspect", ` +
        'then run "cofferdam lock --accept" with it',
    );
  }
  const changes = pluginChanges(locked, lockPlugin(bundle, locked.path));
  if (changes.length === 0) return;
  throw new PluginError(
    "trust.changed",
    `Cannot load ${name}: it is not what "${LOCK_NAME}" says (${changes.join("; ")}); ` +
      '"cofferdam lock" shows the difference, "cofferdam lock --accept" accepts it',
    { details: { changes } },
  );
}
