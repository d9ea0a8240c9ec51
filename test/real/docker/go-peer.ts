import { type GoPrograms, goPrograms } from "../../support/go-programs.ts";

/**
 * `peer`, a volume plugin on `docker/go-plugins-helpers` that does what `local-volume` does, and
 * `load`, which calls either of them.
 */
export const GO_PEER: GoPrograms<"peer" | "load"> = goPrograms("docker", {
  peer: "./peer",
  load: "./load",
});
