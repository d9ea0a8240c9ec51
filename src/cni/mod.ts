/**
 * CNI as a library: run plugins as Go's `invoke` does, and networks of them as `libcni` does, native
 * programs and bundles alike.
 *
 * @module
 */
export type { ArgsFields, CniArgs, PluginArg } from "./args.ts";
export { Args, ARGS_FROM_ENV, DelegateArgs } from "./args.ts";
export type { Attachment, AttachmentKey } from "./attachment.ts";
export type { Exec, ExecOptions } from "./exec.ts";
export { createExec, findInPath } from "./exec.ts";
export type { Delegate, InvokeOptions, PluginInput } from "./invoke.ts";
export {
  delegateAdd,
  delegateCheck,
  delegateDel,
  delegateGc,
  delegateStatus,
  execPluginWithoutResult,
  execPluginWithResult,
  getVersionInfo,
} from "./invoke.ts";
export type { NetworkConfig, PluginConfig } from "./network-config.ts";
export {
  injectConfig,
  networkOfPlugin,
  parseNetworkConfig,
  parsePluginConfig,
} from "./network-config.ts";
export { findNetwork, readNetworkFile, readPluginFile } from "./network-file.ts";
export type { BundleFolders, PluginSources } from "./plugin-finder.ts";
export type { CachedAttachment } from "./result-cache.ts";
export type { CachedConfig, CallOptions, CniRuntimeOptions } from "./runtime.ts";
export { CniRuntime } from "./runtime.ts";
export { CURRENT_CNI_VERSION, parseCniVersion } from "./version.ts";
export type { VersionInfo } from "./version-info.ts";
