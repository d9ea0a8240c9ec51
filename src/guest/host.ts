import type { JsonObject, JsonValue } from "../json.ts";

/**
 * What a plugin may ask of its host. Each method waits for the answer; a refusal is thrown as a
 * `CapabilityError`. A capability is there when `plugin.json` asks for it and the operator grants it.
 */
export interface Host {
  readonly state: State;
  readonly directory: Directory;
  readonly metadata: Metadata;
  readonly blob: Blobs;
  readonly delegate: Delegate;
  readonly exec: Exec;
  readonly log: Log;
}

/** A key-value store that outlives the call. */
export interface State {
  /** null where there is no such key. */
  get(key: string): string | null;
  put(key: string, value: string): void;
  /** Whether there was such a key. */
  delete(key: string): boolean;
  /** In the order of their UTF-8; `next` is there when there are more, and is the next `after`. */
  list(options?: {
    readonly prefix?: string;
    readonly after?: string;
    readonly limit?: number;
  }): { readonly keys: readonly string[]; readonly next?: string };
  /** Sets `value` where the key holds `expected`; null stands for nothing. */
  swap(
    key: string,
    expected: string | null,
    value: string | null,
  ): { readonly swapped: boolean; readonly current: string | null };
  /**
   * The same with several keys, at most 100: each is set, with nobody in between, or none is.
   *
   * @returns What the keys hold now, in the order of the swaps.
   */
  swapAll(
    swaps: readonly StateSwap[],
  ): { readonly swapped: boolean; readonly current: readonly (string | null)[] };
}

/** What one key must hold, and what it is to hold then; null stands for nothing. */
export interface StateSwap {
  readonly key: string;
  readonly expected: string | null;
  readonly value: string | null;
}

/** The children of one folder of the host's. */
export interface Directory {
  /** False where it was there. */
  create(name: string): boolean;
  list(options?: {
    readonly after?: string;
    readonly limit?: number;
  }): { readonly names: readonly string[]; readonly next?: string };
  /** What is in it is measured, unless `measure` is false. */
  stat(name: string, options?: { readonly measure?: boolean }): DirectoryStat;
  remove(name: string): void;
  /** Where the host finds it. */
  path(name: string): string;
}

/** One child. */
export interface DirectoryStat {
  readonly name: string;
  /** RFC 3339 in UTC, where the system tells. */
  readonly createdAt?: string;
  readonly bytes?: number;
  readonly files?: number;
  readonly directories?: number;
  /** False where there was more than may be looked at. */
  readonly complete?: boolean;
}

/** CIPD's metadata. */
export interface Metadata {
  list(request: MetadataListRequest): MetadataListAnswer;
}

/** What is asked about one package. */
export interface MetadataListRequest {
  readonly service?: string;
  readonly package: string;
  readonly instanceId?: string;
  readonly keys?: readonly string[];
  readonly pageToken?: string;
  readonly pageSize?: number;
}

/** One page of it. */
export interface MetadataListAnswer {
  readonly entries: readonly {
    readonly key: string;
    readonly value: string;
    readonly encoding: "utf8" | "base64";
    readonly contentType?: string;
    readonly fingerprint?: string;
    readonly attachedBy?: string;
    readonly attachedAt?: string;
  }[];
  readonly nextPageToken?: string;
}

/** Streams that the caller handed over, by the handles that stand in the request. */
export interface Blobs {
  /** At most `maxBytes`; empty at the end. */
  read(handle: number, maxBytes: number): Uint8Array;
  /** How many bytes were written: all of them. */
  write(handle: number, bytes: Uint8Array): number;
  close(handle: number): void;
}

/** CNI plugins of granted types. */
export interface Delegate {
  /** What the plugin printed, null for nothing; as in the other methods. */
  add(request: DelegateAttachment): JsonValue;
  del(request: Omit<DelegateAttachment, "netns"> & { readonly netns?: string }): JsonValue;
  check(request: DelegateAttachment): JsonValue;
  status(request: DelegateNetwork): JsonValue;
  gc(request: DelegateNetwork): JsonValue;
}

/** A network and the plugin that makes it. */
export interface DelegateNetwork {
  readonly type: string;
  /** The network configuration; its `type` is the same. */
  readonly config: JsonObject;
}

/** A container's place in it. */
export interface DelegateAttachment extends DelegateNetwork {
  readonly containerId: string;
  readonly netns: string;
  readonly ifname: string;
  /** `K=V;K=V` */
  readonly args?: string;
}

/** Commands that the operator's configuration names. */
export interface Exec {
  /** A command that fails is an answer; one that was not run to its end is thrown. */
  run(request: ExecRequest): ExecAnswer;
}

/** One run. */
export interface ExecRequest {
  readonly command: string;
  /** Values for the holes of the command's arguments. */
  readonly holes?: Readonly<Record<string, string | number>>;
  readonly stdin?: string;
}

/** What came of it. */
export interface ExecAnswer {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether output was cut. */
  readonly truncated: boolean;
  /** Which of the two is not UTF-8, and so in base64. */
  readonly encoding?: { readonly stdout?: "base64"; readonly stderr?: "base64" };
}

/** The host's log. `console` writes there too, without fields, and needs no capability. */
export interface Log {
  trace(message: string, fields?: JsonObject): void;
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}
