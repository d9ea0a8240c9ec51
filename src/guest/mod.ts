/// <reference path="./globals.d.ts" preserve="true" />
/**
 * What a plugin in TypeScript is written with. It runs in the engine that `cofferdam build` puts into
 * the plugin, on neither Node nor Deno.
 *
 * @module
 */
export type {
  AdmissionRequest,
  PatchOperation,
  Reason,
  Severity,
  Verdict,
} from "../contract/admission.ts";
export type { DocumentKind } from "../document/kind.ts";
export type { Evidence, Subject } from "../document/document.ts";
export type { JsonObject, JsonValue } from "../json.ts";
export type { AdmissionOptions, AdmissionQuestion, SettingsFault } from "./admission.ts";
export { admission } from "./admission.ts";
export { CapabilityError } from "./capability-error.ts";
export type {
  Blobs,
  Delegate,
  DelegateAttachment,
  DelegateNetwork,
  Directory,
  DirectoryStat,
  Exec,
  ExecAnswer,
  ExecRequest,
  Host,
  Log,
  Metadata,
  MetadataListAnswer,
  MetadataListRequest,
  State,
} from "./host.ts";
export type { EntryPoint, GuestPlugin } from "./plugin.ts";
export type { NetworkPlugin, NetworkQuestion } from "./network.ts";
export { CniError, network } from "./network.ts";
export type { VolumeDriver, VolumeQuestion } from "./volume.ts";
export { volume, VolumeError } from "./volume.ts";
export type { CniAttachment, CniConfig, NetworkMethod } from "../contract/network.ts";
export type {
  CniAddress,
  CniDns,
  CniInterface,
  CniResult,
  CniRoute,
  CniVersion,
} from "../contract/cni-result.ts";
export type {
  MountedVolume,
  Volume,
  VolumeErrorCode,
  VolumeMethod,
  VolumePlace,
} from "../contract/volume.ts";
