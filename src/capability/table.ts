import type { CapabilityName } from "../bundle/manifest.ts";
import type { BlobGrant } from "./blob.ts";
import type { DelegateGrant } from "./delegate-grant.ts";
import type { DirectoryGrant } from "./directory-children.ts";
import type { ExecGrant } from "./exec-grant.ts";
import type { Capability, OpenedCapability, PluginIdentity } from "./host-function.ts";
import type { MetadataGrant } from "./metadata.ts";
import type { StateGrant } from "./state.ts";

/** What an operator can grant a plugin, by capability. What is absent is not granted. */
export interface Grants {
  readonly state?: StateGrant;
  readonly directory?: DirectoryGrant;
  readonly blob?: BlobGrant;
  readonly metadata?: MetadataGrant;
  readonly delegate?: DelegateGrant;
  readonly exec?: ExecGrant;
}

/** A capability that is answered on the main thread; `log` is not, it needs no answer. */
export type GrantedName = keyof Grants & CapabilityName;

type Loaders = {
  readonly [name in GrantedName]: () => Promise<Capability<NonNullable<Grants[name]>>>;
};

/** Each is loaded where it was granted, and not before: a start should cost what it uses. */
const LOADERS: Loaders = {
  state: async () => (await import("./state.ts")).state,
  directory: async () => (await import("./directory.ts")).directory,
  blob: async () => (await import("./blob.ts")).blob,
  metadata: async () => (await import("./metadata.ts")).metadata,
  delegate: async () => (await import("./delegate.ts")).delegate,
  exec: async () => (await import("./exec.ts")).exec,
};

/**
 * Opens a capability for one plugin; undefined where there is none of that name to be granted.
 *
 * @throws {PluginError} `config.invalid` for a grant that cannot be used
 */
export async function openCapability(
  name: CapabilityName,
  grant: unknown,
  plugin: PluginIdentity,
): Promise<OpenedCapability | undefined> {
  if (!Object.hasOwn(LOADERS, name)) return undefined;
  const capability: Capability<never> = await LOADERS[name as GrantedName]();
  // Its own schema looks at what it is.
  return await capability.open(grant as never, plugin);
}
