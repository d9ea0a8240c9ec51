/** The types of the question and of the answer, named in one place. */
export type { AdmissionRequest, Reason, Severity, Verdict } from "../../src/contract/admission.ts";
export type { JsonObject, JsonValue } from "../../src/json.ts";

/** What the policy needs of the kit's `Host`. */
export interface MetadataHost {
  readonly metadata: {
    /** @throws the host's refusal */
    list(request: MetadataRequest): MetadataPage;
  };
}

/** The same question as CIPD's ListMetadata. */
export interface MetadataRequest {
  readonly service: string;
  readonly package: string;
  readonly instanceId: string;
  readonly keys: readonly string[];
  readonly pageSize: number;
  readonly pageToken?: string;
}

/** One page of its answer. */
export interface MetadataPage {
  readonly entries: readonly MetadataEntry[];
  readonly nextPageToken?: string;
}

/** One entry, as far as the policy reads it. */
export interface MetadataEntry {
  readonly key: string;
  readonly value: string;
  /** `base64` where the value is not UTF-8. */
  readonly encoding: "utf8" | "base64";
  /** `user:someone@example.com` */
  readonly attachedBy?: string;
}
