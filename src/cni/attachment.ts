import * as v from "valibot";
import { ContainerIdSchema, IfnameSchema } from "../contract/cni-attachment.ts";
import type { CniAttachment } from "../contract/network.ts";
import { quote } from "../document/source-text.ts";
import type { JsonObject } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { type PluginArg, pluginArgsTextOf } from "./args.ts";

/** A container's interface in a network, as a runtime names it. */
export interface Attachment {
  readonly containerId: string;
  /** Path of the network namespace; empty where it is gone, which `del` alone takes. */
  readonly netns: string;
  readonly ifname: string;
  /** `CNI_ARGS`. */
  readonly args?: readonly PluginArg[] | undefined;
  /** By capability: `{portMappings: […]}`. Each plugin gets those that its configuration asks for. */
  readonly capabilityArgs?: JsonObject | undefined;
}

/** What tells one attachment from all others. */
export interface AttachmentKey {
  readonly network: string;
  readonly containerId: string;
  readonly ifname: string;
}

/** Whether a network may be called so. @see libcni, pkg/utils/utils.go; the bound is a file name's */
export function isNetworkName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name);
}

/**
 * Checks the names of an attachment, at every verb: they become the name of a file.
 *
 * @throws {PluginError} `cni.attachment-invalid`
 */
export function attachmentKey(
  network: string,
  { containerId, ifname, args = [] }: Attachment,
): AttachmentKey {
  if (!isNetworkName(network)) throw invalid("network name", network);
  if (!v.is(ContainerIdSchema, containerId)) throw invalid("container ID", containerId);
  if (!v.is(IfnameSchema, ifname)) throw invalid("interface name", ifname);
  pluginArgsTextOf(args);
  return { network, containerId, ifname };
}

/** Whether two names are of one attachment. */
export function isSameAttachment(a: AttachmentKey, b: AttachmentKey): boolean {
  return a.network === b.network && a.containerId === b.containerId && a.ifname === b.ifname;
}

/** Tells which attachments are among those that a runtime calls valid. */
export function validOnes(
  attachments: readonly CniAttachment[],
): (key: AttachmentKey) => boolean {
  // Neither name has a "/".
  const names = new Set(attachments.map(({ containerID, ifname }) => `${containerID}/${ifname}`));
  return ({ containerId, ifname }) => names.has(`${containerId}/${ifname}`);
}

function invalid(what: string, value: unknown): PluginError {
  const shown = typeof value === "string" ? quote(value) : String(value);
  const message = `Cannot use the ${what} ${shown}: ${
    value === undefined || value === ""
      ? "it is missing"
      : "it has characters or a length that CNI does not allow"
  }`;
  return new PluginError("cni.attachment-invalid", message);
}
