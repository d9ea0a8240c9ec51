import { ADMISSION_EXPORT } from "./admission.ts";
import { IPAM_METHODS } from "./ipam.ts";
import { requiredEntries } from "./method.ts";
import { NETDRIVER_METHODS } from "./netdriver-methods.ts";
import { NETWORK_METHODS } from "./network.ts";
import { VOLUME_METHODS } from "./volume.ts";

/** The exports that a module must have, by the contract that its manifest names. */
export const REQUIRED_ENTRIES: Readonly<Record<string, readonly string[]>> = {
  admission: [ADMISSION_EXPORT],
  volume: requiredEntries(VOLUME_METHODS),
  network: requiredEntries(NETWORK_METHODS),
  netdriver: requiredEntries(NETDRIVER_METHODS),
  ipam: requiredEntries(IPAM_METHODS),
};
