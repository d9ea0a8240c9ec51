/** What is asked about one package or one instance of it, as CIPD's ListMetadata asks it. */
export interface MetadataRequest {
  /** `service_url`; undefined where neither guest nor operator named one. */
  readonly service: string | undefined;
  /** `infra/tools/x` */
  readonly package: string;
  /** As CIPD writes instance IDs; undefined for all that is known of the package. */
  readonly instanceId: string | undefined;
  /** Only entries of these keys; undefined for all. */
  readonly keys: readonly string[] | undefined;
  /** At most so many entries. */
  readonly pageSize: number;
  /** Of the page before; undefined for the first. */
  readonly pageToken: string | undefined;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One entry, as `cipd.InstanceMetadata` has it. */
export interface MetadataEntry {
  readonly key: string;
  /** At most 512 KiB; text stands for its UTF-8. */
  readonly value: Uint8Array | string;
  /** `text/plain` */
  readonly contentType?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Who attached it: `user:someone@example.com`. */
  readonly attachedBy?: string | undefined;
  /** RFC 3339. */
  readonly attachedAt?: string | undefined;
}

/** One page of entries. */
export interface MetadataPage {
  readonly entries: readonly MetadataEntry[];
  /** Undefined or empty on the last page. */
  readonly nextPageToken?: string | undefined;
}

/**
 * Where metadata comes from: a program's own source, or a file. What it throws is told to nobody but
 * the host; what it answers is checked and bounded before a guest sees it.
 *
 * @see luci-go, cipd/client/cipd/plugin/protocol: Host.ListMetadata
 */
export interface MetadataProvider {
  list(request: MetadataRequest): Promise<MetadataPage>;
}
