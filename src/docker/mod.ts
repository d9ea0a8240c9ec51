/**
 * Docker's plugin protocol: bundles as plugins of a Docker daemon.
 *
 * @module
 */
export type { DockerHandler, DockerPlugins, DockerReply } from "./handler.ts";
export { handlerOf } from "./handler.ts";
export type { DockerServeOptions, DockerServer } from "./serve.ts";
export { serveDocker } from "./serve.ts";
