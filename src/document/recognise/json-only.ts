import { CNI_CONFIG } from "./cni.ts";
import { DOCKER_CONFIG } from "./docker-config.ts";
import { DOCKER_REQUEST, DOCKER_RESPONSE } from "./docker-http.ts";
import type { Recogniser } from "./draft.ts";
import { IN_TOTO } from "./in-toto.ts";

/** The kinds that are written in JSON alone; other syntaxes do without loading them. */
export const JSON_ONLY: readonly Recogniser[] = [
  IN_TOTO,
  DOCKER_REQUEST,
  DOCKER_RESPONSE,
  DOCKER_CONFIG,
  CNI_CONFIG,
];
