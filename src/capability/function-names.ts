import type { CapabilityName } from "../bundle/manifest.ts";
import { CAPABILITY_MODULE } from "../capability-module.ts";

/**
 * The functions of each capability, as guests import them. By itself, so that to know whose function
 * a name is costs no loading of what answers it.
 */
export const FUNCTION_NAMES: { readonly [name in CapabilityName]: readonly string[] } = {
  log: ["log"],
  metadata: ["metadata_list"],
  state: [
    "state_get",
    "state_put",
    "state_delete",
    "state_list",
    "state_swap",
    "state_swap_all",
  ],
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

/** What a guest imports: `state_get`, a function of the capabilities' module. */
interface Import {
  readonly kind: string;
  readonly module: string;
  readonly name: string;
}

/** The capability whose function is imported: `state` for `state_get`; undefined for all else. */
export function capabilityOf({ kind, module, name }: Import): CapabilityName | undefined {
  return kind === "function" && module === CAPABILITY_MODULE ? OWNERS.get(name) : undefined;
}
