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
export type { BlobGrant } from "./capability/blob.ts";
export {
  blobFromBytes,
  blobFromFile,
  blobFromReadable,
  blobFromWritable,
  blobToFile,
} from "./capability/blob-source.ts";
export type { Blob, BlobTable, FilledBlobTable } from "./capability/blob-table.ts";
export { createBlobTable } from "./capability/blob-table.ts";
export type { DelegateGrant } from "./capability/delegate-grant.ts";
export type { DirectoryGrant } from "./capability/directory-children.ts";
export type { ExecCommand, ExecGrant } from "./capability/exec-grant.ts";
export type { LogLevel, LogLine } from "./capability/log.ts";
export type { MetadataGrant } from "./capability/metadata.ts";
export { metadataFromFile } from "./capability/metadata-file.ts";
export type {
  MetadataEntry,
  MetadataPage,
  MetadataProvider,
  MetadataRequest,
} from "./capability/metadata-provider.ts";
export type { StateGrant } from "./capability/state.ts";
export type { Grants } from "./capability/table.ts";
export type {
  AdmissionRequest,
  PatchOperation,
  Reason,
  Severity,
  Verdict,
} from "./contract/admission.ts";
export type { CniFault } from "./contract/cni-fault.ts";
export { CNI_ERROR_CODES, isCniFault } from "./contract/cni-fault.ts";
export type {
  CniAddress,
  CniDns,
  CniInterface,
  CniIp02,
  CniResult,
  CniResult02,
  CniResult04,
  CniResult1,
  CniRoute,
  CniVersion,
  CniVersionedAddress,
} from "./contract/cni-result.ts";
export { CNI_VERSIONS } from "./contract/cni-result.ts";
export type { DriverErrorCode, DriverFault } from "./contract/driver-fault.ts";
export { DRIVER_ERROR_CODES, isDriverFault } from "./contract/driver-fault.ts";
export type {
  AddressRelease,
  AddressRequest,
  AssignedAddress,
  AssignedPool,
  DefaultAddressSpaces,
  IpamAnswer,
  IpamCapabilities,
  IpamRequest,
  NamedPool,
  PoolRequest,
} from "./contract/ipam.ts";
export type {
  DiscoveredNode,
  EndpointCreation,
  EndpointInterface,
  EndpointJoin,
  ExternalConnectivity,
  GatewayAllocation,
  JoinedEndpoint,
  NamedEndpoint,
  NamedNetwork,
  NetdriverAnswer,
  NetdriverCapabilities,
  NetdriverRequest,
  NetworkAllocation,
  NetworkCreation,
  NetworkPool,
  StaticRoute,
} from "./contract/netdriver.ts";
export type {
  AttachmentInput,
  CniAttachment,
  CniConfig,
  DetachmentInput,
  NetworkAnswer,
  NetworkInput,
  NetworkRequest,
} from "./contract/network.ts";
export { encodeVerdict } from "./contract/verdict.ts";
export type {
  MountedVolume,
  NamedVolume,
  Volume,
  VolumeAnswer,
  VolumeCreation,
  VolumeMount,
  VolumePlace,
  VolumeRequest,
} from "./contract/volume.ts";
export type { Document, Evidence, Position, Subject } from "./document/document.ts";
export type { DocumentKind } from "./document/kind.ts";
export { DOCUMENT_KINDS } from "./document/kind.ts";
export type { ParseOptions } from "./document/parse.ts";
export { parseDocuments } from "./document/parse.ts";
export type { AskOptions } from "./host/ask.ts";
export type { AuditLine, LineSink } from "./host/audit.ts";
export type { Host, HostOptions } from "./host/host.ts";
export { createHost } from "./host/host.ts";
export type { IpamDriver } from "./host/ipam.ts";
export type { NetworkDriver } from "./host/netdriver.ts";
export type { NetworkPlugin } from "./host/network.ts";
export type { Admission, CheckOptions, LoadOptions, Plugin } from "./host/plugin.ts";
export type { PluginLogLine } from "./host/prepare.ts";
export type { RecordingLine, ReplayHost } from "./host/open-replayer.ts";
export { openReplayHost, readRecording } from "./host/open-replayer.ts";
export type {
  RecordedAnswer,
  RecordedBytes,
  RecordedCall,
  RecordedError,
  RecordedLimits,
} from "./host/recording.ts";
export type { ReplayDifference, ReplayResult } from "./host/replay.ts";
export type { VolumeDriver } from "./host/volume.ts";
export type { ListOptions } from "./input/list.ts";
export type { ReadOptions, ReadResult } from "./input/read.ts";
export { readDocuments, readInputs } from "./input/read.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export type { Limits } from "./limits.ts";
export { LIMITS } from "./limits.ts";
export type { AppendFile } from "./platform/append-file.ts";
export { openAppendFile } from "./platform/append-file.ts";
export type { CallResult, Mode } from "./sandbox/sandbox.ts";
export type { ErrorCode, ErrorDetails } from "./plugin-error.ts";
export { ERROR_CODES, PluginError } from "./plugin-error.ts";
