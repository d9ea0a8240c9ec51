import * as v from "valibot";
import { isCipdPackage, readCipdInstanceId } from "../document/cipd-instance.ts";
import type { JsonObject } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { boundSchema, checkGrant, NameSchema } from "./grant.ts";
import type { Capability, HostCall } from "./host-function.ts";
import { encodePage } from "./metadata-page.ts";
import type { MetadataProvider } from "./metadata-provider.ts";
import { withinCall } from "./within-call.ts";

/** What an operator grants: a source, and what of it may be asked for. */
export interface MetadataGrant {
  readonly provider: MetadataProvider;
  /** The one service that may be asked about; without it, any that the provider knows. */
  readonly service?: string;
  /** Packages of these names, and all below them: `infra/tools`. Without it, any. */
  readonly packagePrefixes?: readonly string[];
  /** Only these keys, also where a guest asks for all. */
  readonly keys?: readonly string[];
  /** Pages that one call may ask for. */
  readonly maxPages?: number;
}

const GrantSchema: v.GenericSchema<unknown, MetadataGrant> = v.strictObject({
  provider: v.custom<MetadataProvider>(
    (value) => typeof (value as Partial<MetadataProvider> | null)?.list === "function",
    'Invalid provider: it has no "list"',
  ),
  service: v.exactOptional(NameSchema),
  packagePrefixes: v.exactOptional(
    v.array(v.pipe(v.string(), v.check(isCipdPackage, "Invalid prefix: it is no package's name"))),
  ),
  keys: v.exactOptional(v.array(NameSchema)),
  maxPages: v.exactOptional(boundSchema()),
});

/** CIPD's ListMetadata: `metadata_list`. */
export const metadata: Capability<MetadataGrant> = {
  name: "metadata",
  functions: FUNCTION_NAMES.metadata,
  open: (wanted) => {
    // Within the promise, where callers look for errors.
    return Promise.resolve(wanted).then((unchecked) => {
      const grant = checkGrant("metadata", GrantSchema, unchecked);
      const pages = new WeakMap<HostCall, number>();
      const list = jsonFunction("metadata", FUNCTION_NAME, ListRequest, async (request, call) => {
        checkScope(grant, request);
        const { maxPages = LIMITS.metadataPages } = grant;
        const page = (pages.get(call) ?? 0) + 1;
        if (page > maxPages) {
          const why = `${maxPages} pages are granted for one call`;
          throw new PluginError("capability.limit", `Cannot list more metadata: ${why}`);
        }
        pages.set(call, page);
        return await withinCall(FUNCTION_NAME, call, () => ask(grant, request, call));
      });
      return { functions: [list], close: () => Promise.resolve() };
    });
  },
};

const FUNCTION_NAME = "metadata_list";

/** CIPD's default for `page_size`. */
const PAGE_SIZE = 20;

/** CIPD takes keys of 400 letters; what is longer was never attached. */
const KeySchema = v.pipe(v.string(), v.nonEmpty(), v.maxLength(400));

const ListRequest = v.strictObject({
  service: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(2_048))),
  package: v.pipe(
    v.string(),
    v.maxLength(1_024),
    v.check(isCipdPackage, "Invalid package: wanted words of [a-z0-9_.-] between slashes"),
  ),
  instanceId: v.exactOptional(
    v.pipe(
      v.string(),
      v.maxLength(64),
      v.check((id) => readCipdInstanceId(id) !== undefined, "Invalid instance ID"),
    ),
  ),
  keys: v.exactOptional(v.pipe(v.array(KeySchema), v.maxLength(LIMITS.metadataPageEntries))),
  pageToken: v.exactOptional(v.pipe(v.string(), v.nonEmpty(), v.maxLength(4_096))),
  pageSize: v.exactOptional(boundSchema(LIMITS.metadataPageEntries), PAGE_SIZE),
});

type ListRequest = v.InferOutput<typeof ListRequest>;

function checkScope(grant: MetadataGrant, request: ListRequest): void {
  if (grant.service !== undefined && (request.service ?? grant.service) !== grant.service) {
    throw denied("another service", `"${grant.service}"`);
  }
  const { packagePrefixes } = grant;
  if (packagePrefixes?.some((prefix) => isBelow(request.package, prefix)) === false) {
    throw denied(`the package "${request.package}"`, `${quoted(packagePrefixes)} and below`);
  }
  const other = grant.keys && request.keys?.find((key) => !grant.keys!.includes(key));
  if (other !== undefined) {
    throw denied(`the key ${JSON.stringify(other)}`, `the keys ${quoted(grant.keys!)}`);
  }
}

function isBelow(name: string, prefix: string): boolean {
  return name === prefix || name.startsWith(`${prefix}/`);
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.map((name) => `"${name}"`).join(", ");
}

function denied(asked: string, granted: string): PluginError {
  return new PluginError(
    "capability.denied",
    `Cannot list the metadata of ${asked}: granted is ${granted}`,
  );
}

async function ask(
  grant: MetadataGrant,
  request: ListRequest,
  call: HostCall,
): Promise<JsonObject> {
  // No keys asked for means all, in CIPD as well; all that are granted, here.
  const asked = request.keys?.length ? request.keys : grant.keys;
  const keys = asked === undefined ? undefined : new Set(asked);
  if (keys?.size === 0) return { entries: [] };
  try {
    const answer = await grant.provider.list({
      service: request.service ?? grant.service,
      package: request.package,
      instanceId: request.instanceId,
      keys: keys && [...keys],
      pageSize: request.pageSize,
      pageToken: request.pageToken,
      signal: call.signal,
    });
    return encodePage(answer, keys);
  } catch (cause) {
    // Its words may name what is none of a guest's business.
    throw new PluginError(
      "capability.failed",
      `Cannot answer "${FUNCTION_NAME}": the source of metadata failed`,
      { cause },
    );
  }
}
