import type { JsonObject, JsonValue } from "../json.ts";
import type { DocumentKind } from "./kind.ts";

/** A place in a text file, as editors count: both from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a question is about. */
export interface Subject {
  /** How people name it: `Deployment/shop/web`, `gcr.io/x/y`, a package, or the file's name. */
  readonly name: string;
  /** `<algorithm>:<lower-case hex>` of the subject itself, where that is known. */
  readonly digest?: string;
  /** The input it was read from. */
  readonly source?: string;
}

/** Something said about the subject. */
export interface Evidence {
  readonly mediaType: string;
  /** `sha256:<hex>` of the bytes that were read. */
  readonly digest: string;
  /** True only where the host itself checked a signature over it. */
  readonly verified: boolean;
  readonly body: JsonValue;
}

/** One thing to judge: a file, or one part of a file that holds several. */
export interface Document {
  readonly kind: DocumentKind;
  /** JSON only; canonical key folding and number rules already applied. */
  readonly object: JsonValue;
  readonly subject: Subject;
  /** What is about to happen to the object: AdmissionReview's CREATE, UPDATE, DELETE, CONNECT. */
  readonly operation?: string;
  /** Facts around the object, such as the AdmissionReview request without its objects. */
  readonly annotations?: JsonObject;
  readonly evidence: readonly Evidence[];
  /** The input's name as the caller gave it. */
  readonly input: string;
  /** 0-based place among the documents of that input. */
  readonly index: number;
  /** Media type of the input as a whole, for use as evidence. */
  readonly mediaType: string;
  /** `sha256:<hex>` of the input's bytes. */
  readonly inputDigest: string;
  /**
   * Where a JSON Pointer into `object` stands in the input. A pointer to something that is not there
   * gives the nearest ancestor that is; without a pointer, the start of the document.
   */
  locate(pointer?: string): Position | undefined;
}
