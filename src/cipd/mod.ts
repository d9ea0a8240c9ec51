/**
 * CIPD's plugin host as a library: admission plugins, as bundles and as native programs.
 *
 * @module
 */
export type { AdmissionPlugin } from "./admission-plugin.ts";
export type { BundleSource, CipdHostOptions } from "./cipd-host.ts";
export { CipdHost } from "./cipd-host.ts";
export type { Decision } from "./decision.ts";
export type { CommandSource } from "./native-checker.ts";
export type { Pin } from "./pin.ts";
export type { CipdLogLine } from "./plugin-process.ts";
export { metadataFromRepository } from "./repository.ts";
