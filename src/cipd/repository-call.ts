import type { MetadataEntry, MetadataProvider } from "../capability/metadata-provider.ts";
import { PluginError } from "../plugin-error.ts";
import { instanceIdOf } from "./pin.ts";
import { CODE, StatusError, statusOfError } from "./status.ts";
import type { InstanceMetadata, ListMetadataRequest, ListMetadataResponse } from "./wire.ts";

/** CIPD's default for `page_size`. */
const PAGE_SIZE = 20;

/**
 * Answers a native plugin's ListMetadata from the repository, as CIPD's own host does.
 *
 * @throws {StatusError}
 */
export async function listMetadata(
  repository: MetadataProvider | undefined,
  serviceUrl: string,
  request: ListMetadataRequest,
  signal: AbortSignal,
): Promise<ListMetadataResponse> {
  if (repository === undefined) throw new StatusError(CODE.unimplemented, "there is no repository");
  if (request.serviceUrl !== serviceUrl) {
    throw new StatusError(
      CODE.permissionDenied,
      `the service is "${serviceUrl}", "${request.serviceUrl}" was asked for`,
    );
  }
  try {
    const page = await repository.list({
      service: serviceUrl,
      package: request.package,
      instanceId: instanceIdOf(request.instance),
      keys: request.keys.length === 0 ? undefined : request.keys,
      pageSize: request.pageSize > 0 ? request.pageSize : PAGE_SIZE,
      pageToken: request.pageToken === "" ? undefined : request.pageToken,
      signal,
    });
    const { entries, nextPageToken = "" } = page;
    return { metadata: entries.map(messageOf), nextPageToken };
  } catch (error) {
    // A repository that speaks gRPC has a status of its own.
    if (error instanceof StatusError) throw error;
    if (error instanceof PluginError) {
      const { code, message } = statusOfError(error);
      throw new StatusError(code, message);
    }
    throw new StatusError(CODE.unknown, error instanceof Error ? error.message : String(error));
  }
}

function messageOf(entry: MetadataEntry): InstanceMetadata {
  const { key, value, contentType = "", fingerprint = "", attachedBy = "", attachedAt } = entry;
  const ms = attachedAt === undefined ? undefined : Date.parse(attachedAt);
  return {
    key,
    value: typeof value === "string" ? new TextEncoder().encode(value) : value,
    contentType,
    fingerprint,
    attachedBy,
    attachedTs: ms === undefined
      ? null
      : { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 },
  };
}
