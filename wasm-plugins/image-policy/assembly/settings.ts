import { Json } from "cofferdam/assembly/json";
import { quote, Severity } from "cofferdam/assembly/verdict";
import { cleanPath } from "./host-path";
import { isRegistryHost, normalizeHost } from "./reference";

/** The registry entry that allows every registry. */
export const ANY_REGISTRY = "*";

/** The operator's settings with the defaults of `plugin.json`, in the form that the rules compare. */
export class Settings {
  /** `host/path`, hosts in lower case; an entry covers what stands below it. */
  readonly allowedRegistries: string[] = [];
  /** As `cleanPath` gives them. */
  readonly allowedHostPaths: string[] = [];
  /** What an image without a digest earns; empty: nothing. */
  requireDigest: string = "";
  /** Whether the default of a variable in a compose file counts as its value. */
  trustsComposeDefaults: bool = false;
  /** Why the settings cannot be used; empty if they can. */
  problem: string = "";

  constructor(settings: Json) {
    const registries = settings.get("allowedRegistries");
    if (registries.exists) this.readRegistries(registries);
    else {
      this.allowedRegistries.push("docker.io/library");
      this.allowedRegistries.push("registry.k8s.io");
    }
    this.readHostPaths(settings.get("allowedHostPaths"));
    const digest = settings.get("requireDigest");
    const level = digest.exists ? digest.str() : "off";
    if (level != "off" && level != Severity.WARNING && level != Severity.ERROR) {
      this.problem = '"requireDigest" is none of "error", "warning", "off"';
    }
    this.requireDigest = level == "off" ? "" : level;
    const trust = settings.get("trustComposeDefaults");
    if (trust.exists && !trust.isBool) {
      this.problem = '"trustComposeDefaults" is neither true nor false';
    }
    this.trustsComposeDefaults = trust.bool();
  }

  private readRegistries(list: Json): void {
    if (!list.isArray) this.problem = '"allowedRegistries" is no array';
    for (let item = list.first(); item.exists; item = item.next()) {
      let entry = item.str();
      if (entry.endsWith("/")) entry = entry.slice(0, -1);
      const slash = entry.indexOf("/");
      const host = slash < 0 ? entry : entry.slice(0, slash);
      if (entry == ANY_REGISTRY) this.allowedRegistries.push(entry);
      else if (isRegistryHost(host)) {
        this.allowedRegistries.push(normalizeHost(host) + entry.slice(host.length));
      } else {
        this.problem = `"allowedRegistries" has ${quote(entry)}, which begins with no registry's ` +
          'host; wanted one like "docker.io/library"';
      }
    }
  }

  private readHostPaths(list: Json): void {
    if (list.exists && !list.isArray) this.problem = '"allowedHostPaths" is no array';
    for (let item = list.first(); item.exists; item = item.next()) {
      const entry = item.str();
      if (entry == "") this.problem = '"allowedHostPaths" has an entry that is no path';
      this.allowedHostPaths.push(cleanPath(entry));
    }
  }
}
