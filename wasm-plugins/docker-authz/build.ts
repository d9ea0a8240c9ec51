import { namespace, securityOptions } from "./container.ts";
import type { Place } from "./place.ts";
import type { Settings } from "./settings.ts";

/** Judges the parameters of a build as those of a container, for its steps run in containers. */
export function judgeBuild(query: Place, settings: Settings): void {
  for (const mode of query.get("networkmode").list()) namespace("network")(mode, settings);
  securityOptions(query.get("securityopt"), settings);
  for (const parent of query.get("cgroupparent").list()) {
    if (parent.isEmpty || settings.fields.includes("CgroupParent")) continue;
    parent.deny("runtime-option", "The parent of control groups may not be set.");
  }
  // A context that BuildKit takes from the client; the daemon itself would fetch any other.
  for (const remote of query.get("remote").list()) {
    if (["", "client-session"].includes(remote.text())) continue;
    remote.deny("image-made", "A build may not have the daemon fetch something from the network.");
  }
}
