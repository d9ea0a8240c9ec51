import type { AskOptions } from "../host/ask.ts";
import type { JsonObject } from "../json.ts";
import type { Shape } from "../document/recognise/docker-schema.ts";
import type { Fields } from "./wire.ts";

/** One method of an interface that Docker calls plugins through. */
export interface DockerMethod {
  /** The structure of the request, whose keys are folded. */
  readonly shape: Shape;
  /** Whether Docker sends it without a body. */
  readonly mayBeEmpty?: boolean;
  /** What Docker waits for an answer, in milliseconds, where it does not wait for ever. */
  readonly patienceMs?: number;
  /**
   * Asks the plugin.
   *
   * @returns What Docker gets, with a status of 200.
   * @throws {PluginError} `docker.driver-fault` for what the driver could not do; what asking a plugin throws
   */
  call(request: Fields, options: AskOptions): Promise<JsonObject>;
}

/** An interface that Docker calls plugins through. */
export interface DockerInterface {
  /** As `Plugin.Activate` lists it: `VolumeDriver`. */
  readonly name: string;
  /** Its methods by their whole names: `VolumeDriver.Create`. */
  readonly methods: Readonly<Record<string, DockerMethod>>;
}
