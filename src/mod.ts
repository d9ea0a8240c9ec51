/**
 * Cofferdam as a library: load plugins of the container world as sandboxed WebAssembly and ask them.
 *
 * @module
 */
export type { Bundle, OpenBundleOptions } from "./bundle/bundle.ts";
export { openBundle } from "./bundle/bundle.ts";
export type {
  CapabilityName,
  ContractName,
  Implementation,
  Manifest,
  ManifestLimits,
  Rule,
} from "./bundle/manifest.ts";
export { packBundle } from "./bundle/pack.ts";
export type {
  AdmissionRequest,
  PatchOperation,
  Reason,
  Severity,
  Verdict,
} from "./contract/admission.ts";
export { encodeVerdict } from "./contract/verdict.ts";
export type { Document, Evidence, Position, Subject } from "./document/document.ts";
export type { DocumentKind } from "./document/kind.ts";
export { DOCUMENT_KINDS } from "./document/kind.ts";
export type { ParseOptions } from "./document/parse.ts";
export { parseDocuments } from "./document/parse.ts";
export type { Host, HostOptions } from "./host/host.ts";
export { createHost } from "./host/host.ts";
export type { Admission, CheckOptions, LoadOptions, Plugin } from "./host/plugin.ts";
export type { ListOptions } from "./input/list.ts";
export type { ReadOptions, ReadResult } from "./input/read.ts";
export { readDocuments, readInputs } from "./input/read.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Limits } from "./limits.ts";
export { LIMITS } from "./limits.ts";
export type { ErrorCode, ErrorDetails } from "./plugin-error.ts";
export { ERROR_CODES, PluginError } from "./plugin-error.ts";
