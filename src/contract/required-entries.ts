import { ADMISSION_EXPORT } from "./admission.ts";
import { requiredEntries } from "./method.ts";
import { NETWORK_METHODS } from "./network.ts";
import { VOLUME_METHODS } from "./volume.ts";

/** The exports that a module must have, by the contract that its manifest names. */
export const REQUIRED_ENTRIES: Readonly<Record<string, readonly string[]>> = {
  admission: [ADMISSION_EXPORT],
  volume: requiredEntries(VOLUME_METHODS),
  network: requiredEntries(NETWORK_METHODS),
};
