import * as v from "valibot";
import { byName } from "../by-name.ts";
import { DigestSchema } from "../digest.ts";
import { LIMITS } from "../limits.ts";
import { isPluginType } from "./cni-plugin.ts";
import { MAX_TIMEOUT_MS, PathSchema } from "./exec-grant.ts";
import { boundSchema } from "./grant.ts";

/**
 * Which CNI plugins a guest may run. It writes their configuration, so a granted type grants all that
 * this plugin can be told to do.
 */
export interface DelegateGrant {
  /** Names of plugins; a plugin that another one runs, as `ipam`, must be among them. */
  readonly types: readonly string[];
  /** Where they are found, in this order; absolute. */
  readonly folders: readonly string[];
  /** `sha256:<hex>` by type. A plugin that another plugin runs is not checked. */
  readonly digests?: Readonly<Record<string, string>> | undefined;
  /**
   * Folders of the network namespaces that a call may reach which names none of its own: GC, and DEL of a
   * container that is gone. Default: none. A call about a container reaches only that one's.
   */
  readonly netns?: readonly string[] | undefined;
  /** Their PATH. Default: {@link DEFAULT_PATH}. */
  readonly path?: string | undefined;
  /** Default: `LIMITS.processTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** For stdout and stderr each. Default: `LIMITS.processOutputBytes`. */
  readonly maxOutputBytes?: number | undefined;
}

/** Where plugins find `iptables` and the like. */
export const DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

const TypeSchema = v.pipe(v.string(), v.check(isPluginType, "Invalid type of a plugin"));
/** A colon would make two of it in CNI_PATH. */
const FolderSchema = v.pipe(PathSchema, v.regex(/^[^:]*$/, 'Invalid folder: it has a ":"'));

/** Schema of {@link DelegateGrant}. */
export const DelegateGrantSchema: v.GenericSchema<unknown, DelegateGrant> = v.pipe(
  v.strictObject({
    types: v.pipe(v.array(TypeSchema), v.minLength(1)),
    folders: v.pipe(v.array(FolderSchema), v.minLength(1)),
    digests: v.optional(byName({ pattern: /^/, wanted: "a type" }, DigestSchema)),
    netns: v.optional(v.array(PathSchema)),
    path: v.optional(v.pipe(v.string(), v.regex(/^\/[^:\0]*(?::\/[^:\0]*)*$/, "Invalid PATH"))),
    timeoutMs: v.optional(boundSchema(MAX_TIMEOUT_MS)),
    maxOutputBytes: v.optional(boundSchema(LIMITS.blockBytes)),
  }),
  v.check(
    ({ types, digests = {} }) => Object.keys(digests).every((type) => types.includes(type)),
    '"digests" names a type that is not among "types"',
  ),
);
