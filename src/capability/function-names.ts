import type { CapabilityName } from "../bundle/manifest.ts";

/**
 * The functions of each capability, as guests import them. By itself, so that to know whose function
 * a name is costs no loading of what answers it.
 */
export const FUNCTION_NAMES: { readonly [name in CapabilityName]: readonly string[] } = {
  log: ["log"],
  metadata: ["metadata_list"],
  state: ["state_get", "state_put", "state_delete", "state_list", "state_swap"],
  directory: [
    "directory_create",
    "directory_list",
    "directory_stat",
    "directory_remove",
    "directory_path",
  ],
  blob: ["blob_read", "blob_write", "blob_close"],
  delegate: ["delegate_add", "delegate_del", "delegate_check", "delegate_status", "delegate_gc"],
  exec: ["exec_run"],
};

const OWNERS: ReadonlyMap<string, CapabilityName> = new Map(
  Object.entries(FUNCTION_NAMES).flatMap(([capability, names]) =>
    names.map((name): [string, CapabilityName] => [name, capability as CapabilityName])
  ),
);

/** The capability that a function belongs to: `state` for `state_get`; undefined for none of ours. */
export function functionOf(name: string): CapabilityName | undefined {
  return OWNERS.get(name);
}
