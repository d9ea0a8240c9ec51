/**
 * Docker's plugin protocol, both ways: bundles as plugins of a Docker daemon, and what finds and calls
 * plugins as the daemon does.
 *
 * @module
 */
export type { ClientTls } from "../platform/http-client.ts";
export { isNotFound } from "./answer.ts";
export type { Clock } from "./backoff.ts";
export type { BundleOptions } from "./bundle-plugins.ts";
export { bundleTransport } from "./bundle-transport.ts";
export type { DockerHandler, DockerPlugins, DockerReply } from "./handler.ts";
export { handlerOf } from "./handler.ts";
export type { CallOptions, PluginClientOptions } from "./plugin-client.ts";
export { PluginClient } from "./plugin-client.ts";
export type { PluginHandler } from "./plugin-handlers.ts";
export type { GetOptions, PluginRegistryOptions } from "./plugin-registry.ts";
export { PluginRegistry } from "./plugin-registry.ts";
export type { RegisteredPlugin } from "./registered-plugin.ts";
export type { DockerServeOptions, DockerServer } from "./serve.ts";
export { serveDocker } from "./serve.ts";
export type { TlsVerification } from "./tls-files.ts";
export type { PluginReply, PluginRequest, PluginTransport } from "./transport.ts";
