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
export type { AdmissionQuestion } from "./admission.ts";
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
  StateSwap,
} from "./host.ts";
export { DriverError } from "./driver-error.ts";
export type { IpamDriver, IpamQuestion } from "./ipam.ts";
export { ipam } from "./ipam.ts";
export type { NetworkDriver, NetworkDriverQuestion } from "./netdriver.ts";
export { netDriver } from "./netdriver.ts";
export type { EntryPoint, GuestPlugin } from "./plugin.ts";
export type { NetworkPlugin, NetworkQuestion } from "./network.ts";
export { CniError, network } from "./network.ts";
export type { PluginOptions, SettingsFault } from "./settings.ts";
export type { VolumeDriver, VolumeQuestion } from "./volume.ts";
export { volume } from "./volume.ts";
export type { DriverErrorCode } from "../contract/driver-fault.ts";
export type {
  AssignedAddress,
  AssignedPool,
  DefaultAddressSpaces,
  IpamCapabilities,
  IpamMethod,
} from "../contract/ipam.ts";
export type {
  EndpointInterface,
  GatewayAllocation,
  JoinedEndpoint,
  NetdriverCapabilities,
  NetdriverMethod,
  NetworkPool,
  StaticRoute,
} from "../contract/netdriver.ts";
export type { CniAttachment, CniConfig, NetworkMethod } from "../contract/network.ts";
export type {
  CniAddress,
  CniDns,
  CniInterface,
  CniResult,
  CniRoute,
  CniVersion,
} from "../contract/cni-result.ts";
export type { MountedVolume, Volume, VolumeMethod, VolumePlace } from "../contract/volume.ts";
