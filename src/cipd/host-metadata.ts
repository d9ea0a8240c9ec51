import type {
  MetadataEntry,
  MetadataPage,
  MetadataProvider,
  MetadataRequest,
} from "../capability/metadata-provider.ts";
import { PluginError } from "../plugin-error.ts";
import { objectRefOf } from "./pin.ts";
import {
  type InstanceMetadata,
  LIST_METADATA,
  type ListMetadataRequest,
  type Method,
} from "./wire.ts";

/** Makes a call of the protocol. */
export type Call = <Request, Response>(
  method: Method<Request, Response>,
  request: Request,
  signal?: AbortSignal,
) => Promise<Response>;

/**
 * Metadata from the host that launched us, by its ListMetadata: of its own service, and of instances.
 *
 * @param serviceUrl Of the host, where a guest names none.
 */
export function metadataFromHost(call: Call, serviceUrl: () => string): MetadataProvider {
  return {
    list: async (request): Promise<MetadataPage> => {
      const response = await call(LIST_METADATA, requestOf(request, serviceUrl()), request.signal);
      return { entries: response.metadata.map(entryOf), nextPageToken: response.nextPageToken };
    },
  };
}

function requestOf(request: MetadataRequest, serviceUrl: string): ListMetadataRequest {
  const { service, package: name, instanceId, keys, pageSize, pageToken } = request;
  if (instanceId === undefined) {
    throw new PluginError(
      "cipd.pin-invalid",
      `Cannot list metadata of ${name} without an instance`,
    );
  }
  return {
    serviceUrl: service ?? serviceUrl,
    package: name,
    instance: objectRefOf(instanceId),
    keys: keys ?? [],
    pageSize,
    pageToken: pageToken ?? "",
  };
}

/** An entry as plugins read it. */
export function entryOf(entry: InstanceMetadata): MetadataEntry {
  const { key, value, contentType, fingerprint, attachedBy, attachedTs } = entry;
  return {
    key,
    value,
    contentType,
    fingerprint,
    attachedBy,
    ...(attachedTs === null ? {} : { attachedAt: timeOf(attachedTs) }),
  };
}

function timeOf({ seconds, nanos }: NonNullable<InstanceMetadata["attachedTs"]>): string {
  return new Date(seconds * 1_000 + Math.floor(nanos / 1e6)).toISOString();
}
