import { CAPABILITIES, type CapabilityName, type Manifest } from "../bundle/manifest.ts";
import { capabilityOf, FUNCTION_NAMES } from "../capability/function-names.ts";
import { CAPABILITY_MODULE } from "../capability-module.ts";
import type { OpenedCapability, PluginIdentity } from "../capability/host-function.ts";
import type { Grants } from "../capability/table.ts";
import { PluginError } from "../plugin-error.ts";
import { isOffered } from "../sandbox/import.ts";
import type { WasmImport } from "../wasm/outline.ts";

/** Opens one capability for one plugin; undefined for one that this host does not have. */
export type OpenCapability = (
  name: CapabilityName,
  grant: unknown,
  plugin: PluginIdentity,
) => Promise<OpenedCapability | undefined>;

function byFlag(capability: CapabilityName, flag: string): string {
  return `${flag}, "plugins.NAME.grants.${capability}" in a configuration ("--config FILE"), or ` +
    `"grants.${capability}" in a program`;
}

/** What would grant each capability: on the command line, and in a program. */
const GRANTED_BY: Readonly<Record<CapabilityName, string>> = {
  log: "nothing: it needs no grant, only to stand in the manifest",
  metadata: byFlag("metadata", '"--allow-metadata=FILE"'),
  state: byFlag("state", '"--allow-state[=FOLDER]" with "--instance NAME"'),
  directory: byFlag("directory", '"--allow-directory=ROOT"'),
  blob: '"plugins.NAME.grants.blob" in a configuration, or "grants.blob" in a program',
  delegate: byFlag("delegate", '"--allow-delegate=TYPES"'),
  exec:
    '"plugins.NAME.commands" in a configuration ("--config FILE"), or "grants.exec" in a program',
};

/** What a plugin gets, and what is to be said about it. */
export interface CheckedGrants {
  /** Asked for and granted, in the order of the manifest. */
  readonly effective: readonly CapabilityName[];
  /** What was granted and not asked for, a line each; it stays closed. */
  readonly warnings: readonly string[];
}

/**
 * Compares what a plugin asks for with what it was granted: it gets what is in both, and it does not
 * load where something is missing.
 *
 * @throws {PluginError} `capability.denied` naming everything that is missing and what would grant it;
 * `sandbox.import-unknown` for what neither a capability nor the sandbox has
 */
export function checkGrants(
  manifest: Manifest,
  imports: readonly WasmImport[],
  grants: Grants,
): CheckedGrants {
  const { name } = manifest;
  const asked = [...new Set(manifest.capabilities ?? [])];
  const used = importedCapabilities(name, imports);
  const faults = [
    ...asked.filter((capability) => !isGranted(capability, grants))
      .map((capability) =>
        `"${capability}" is not granted; what grants it: ${GRANTED_BY[capability]}`
      ),
    ...[...used].filter(([capability]) => !asked.includes(capability))
      .map(([capability, functions]) =>
        `it imports ${
          functions.map((fn) => `"${fn}"`).join(", ")
        }, and its manifest does not ask ` +
        `for "${capability}"; add it to "capabilities" in the manifest and pack it again`
      ),
  ];
  if (faults.length > 0) {
    const missing = [
      ...asked.filter((capability) => !isGranted(capability, grants)),
      ...[...used.keys()].filter((capability) => !asked.includes(capability)),
    ];
    throw new PluginError("capability.denied", `Cannot load ${name}: ${faults.join("; ")}`, {
      details: { capabilities: missing },
    });
  }
  const granted = CAPABILITIES
    .filter((capability) => capability !== "log" && isGranted(capability, grants));
  return {
    effective: asked,
    warnings: granted.filter((capability) => !asked.includes(capability))
      .map((capability) =>
        `${name} was granted "${capability}" and does not ask for it; it stays closed`
      ),
  };
}

function isGranted(capability: CapabilityName, grants: Grants): boolean {
  return capability === "log" || grants[capability] !== undefined;
}

/** The capabilities whose functions a module imports, with those functions. */
function importedCapabilities(
  name: string,
  imports: readonly WasmImport[],
): Map<CapabilityName, string[]> {
  const used = new Map<CapabilityName, string[]>();
  const unknown: WasmImport[] = [];
  for (const item of imports) {
    const capability = capabilityOf(item);
    if (capability !== undefined) used.set(capability, [...used.get(capability) ?? [], item.name]);
    else if (!isOffered(item)) unknown.push(item);
  }
  if (unknown.length === 0) return used;
  const shown = unknown.slice(0, 5)
    .map((item) => `${item.kind} "${item.module}" "${item.name}"${hintFor(item)}`).join(", ");
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : "";
  throw new PluginError(
    "sandbox.import-unknown",
    `Cannot load ${name}: nobody offers what it imports: ${shown}${more}`,
    { details: { imports: unknown.slice(0, 100).map((i) => `${i.module}.${i.name}`) } },
  );
}

/** Why there is no such function, by the words in its name that say what was hoped for. */
const HINTS: readonly (readonly [words: string, hint: string])[] = [
  [
    "http https fetch net network sock socket tcp udp dns url connect",
    "there is no network here",
  ],
  ["clock time timer date now sleep", 'there is no clock here: the time is "now" in the request'],
  ["rand random getrandom entropy seed uuid", "there is no randomness here"],
  [
    "env environ getenv args argv",
    "there is no environment here, a plugin is told by its settings",
  ],
  ["file files fs fd", "there are no files here"],
];

function hintFor({ module, name }: WasmImport): string {
  // `clockNow`, `clock_now` and `clock-now` have the same words.
  const words = name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase().split(/[^a-z]+/);
  const capability = CAPABILITIES.find((candidate) => candidate === words[0]);
  if (module === CAPABILITY_MODULE && capability !== undefined) {
    return ` ("${capability}" has ${FUNCTION_NAMES[capability].join(", ")})`;
  }
  const hint = HINTS.find(([list]) => list.split(" ").some((word) => words.includes(word)))?.[1];
  return hint === undefined ? "" : ` (${hint})`;
}

/**
 * The operator's name for this use of a plugin.
 *
 * What a plugin keeps belongs to that name, so it never comes from the plugin: one could call itself
 * what another is called, and read what that one wrote.
 *
 * @param effective What the plugin asks for and was granted.
 * @throws {PluginError} `usage.invalid` for a name of another form, and where it gets state without one
 */
export function instanceName(
  manifest: Manifest,
  instance: string | undefined,
  effective: readonly CapabilityName[],
): string {
  if (instance === undefined) {
    if (!effective.includes("state")) return manifest.name;
    throw new PluginError(
      "usage.invalid",
      `Cannot grant state to ${manifest.name} without a name that it belongs to: add ` +
        '"--instance NAME", or "instance" in a program or configuration',
    );
  }
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(instance)) return instance;
  throw new PluginError(
    "usage.invalid",
    `Cannot use "${instance}" as an instance's name: wanted at most 64 letters, digits, ".", "_" ` +
      'and "-", the first a letter or digit',
  );
}

/**
 * Opens what {@link checkGrants} found effective. What was opened before one cannot be is closed again.
 * `log` has nothing to open: what a guest writes there is answered where it runs.
 *
 * @throws {PluginError} `config.invalid` for a grant that cannot be used; `capability.denied` for a
 * capability that this host does not have
 */
export async function openGrants(
  open: OpenCapability,
  effective: readonly CapabilityName[],
  grants: Grants,
  plugin: PluginIdentity,
): Promise<Required<OpenedCapability>> {
  const opened: OpenedCapability[] = [];
  const close = async () => {
    // Each gets its chance to end what it started; the first fault is told.
    const results = await Promise.allSettled(opened.splice(0).map((item) => item.close()));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw PluginError.from(failed.reason);
  };
  try {
    for (const name of effective) {
      if (name === "log") continue;
      const capability = await open(name, grants[name], plugin);
      if (capability === undefined) {
        throw new PluginError(
          "capability.denied",
          `Cannot load ${plugin.name}: this host has no capability "${name}"`,
          { details: { capabilities: [name] } },
        );
      }
      opened.push(capability);
    }
  } catch (error) {
    await close().catch(() => {});
    throw PluginError.from(error);
  }
  return {
    functions: opened.flatMap((item) => item.functions),
    warnings: opened.flatMap((item) => item.warnings ?? []),
    close,
  };
}
